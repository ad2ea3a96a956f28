package observe

import (
	"errors"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/progress"
)

// Observer is told what happens in a run. Its methods, and its reporters, are used by
// several goroutines at once.
type Observer interface {
	// Say is told a line for people that stays.
	Say(line string)
	// Doing is told what takes time now, until the next line.
	Doing(what string)
	// Training is told that a training begins. It returns what is to be told of its
	// progress, the last of it [progress.Done].
	Training(t Training) progress.Reporter
	// Recorded is told of data of an experiment, or of the run with 0, that was
	// journaled just now, and what the journal says with it. Its error is the run's: who
	// must not stand in a run's way returns none.
	Recorded(run journal.Run, experiments []journal.Experiment, of int, data journal.Data) error
}

// Training is one that begins, or whose export is measured now.
type Training struct {
	Experiment int    // Whose recipe it has; of the champion without a change, the change's.
	Seed       uint64 // As the journal has it.
	Steps      int    // Those of the run's trainings.
	Label      string // Before its lines, where it is one of several at the same time: "#7 ".
}

// Nothing is an observer that doesn't look: embedded in others, it has the methods that
// they don't need.
type Nothing struct{}

// Say does nothing.
func (Nothing) Say(string) {}

// Doing does nothing.
func (Nothing) Doing(string) {}

// Training does nothing.
func (Nothing) Training(Training) progress.Reporter { return nothing{} }

// Recorded does nothing.
func (Nothing) Recorded(journal.Run, []journal.Experiment, int, journal.Data) error { return nil }

type nothing struct{}

func (nothing) Report(progress.Event) {}

// All are observers that are told the same, in their order.
type All []Observer

// Say tells all of them.
func (all All) Say(line string) {
	for _, observer := range all {
		observer.Say(line)
	}
}

// Doing tells all of them.
func (all All) Doing(what string) {
	for _, observer := range all {
		observer.Doing(what)
	}
}

// Training tells all of them.
func (all All) Training(t Training) progress.Reporter {
	told := make(reporters, len(all))
	for i, observer := range all {
		told[i] = observer.Training(t)
	}
	return told
}

// Recorded tells all of them, and returns what any has to say against it.
func (all All) Recorded(run journal.Run, experiments []journal.Experiment, of int, data journal.Data) error {
	var err error
	for _, observer := range all {
		err = errors.Join(err, observer.Recorded(run, experiments, of, data))
	}
	return err
}

// reporters are those of one training.
type reporters []progress.Reporter

func (all reporters) Report(e progress.Event) {
	for _, reporter := range all {
		reporter.Report(e)
	}
}
