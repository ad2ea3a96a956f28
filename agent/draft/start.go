package draft

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/trials"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/diskuse"
)

// Begin journals the intent and makes an empty folder for the experiment. One of
// the same batch that was interrupted is taken up where it was: what it has reached is
// in the journal, and its steps pass over that.
func Begin(b *bench.Bench, number, batch int) (Start, error) {
	known := b.Record.Experiments()
	if number < len(known) && known[number].Batch == batch {
		return takeUp(b, known[number])
	}
	run := b.Record.Run()
	start := Start{Number: number, Parent: run.BaseCommit, Again: toTryAgain(known)}
	parentPPL := table.Missing()
	if champion, ok := journal.Best(known); ok {
		start.Champion, start.Parent, parentPPL = champion.Number, journal.Tip(run, known), champion.EvalPPL
	}
	start, err := started(b, start)
	if err != nil {
		return start, err
	}
	if err := diskuse.RemoveAll(b.Folder.Experiment(number)); err != nil {
		return start, fmt.Errorf("clear the experiment's folder: %w", err)
	}
	if err := makeFolder(b, number); err != nil {
		return start, err
	}
	return start, b.Record.Append(number, journal.Intent{
		ParentCommit: start.Parent, ParentEvalPPL: parentPPL, Seeds: journal.PairedSeeds(run, 1), Batch: batch, Again: start.Again,
	})
}

// takeUp goes on with an experiment that was interrupted.
func takeUp(b *bench.Bench, e journal.Experiment) (Start, error) {
	start, err := started(b, Start{
		Number: e.Number, Again: e.Again, Parent: e.ParentCommit,
		Champion: journal.ChampionAt(b.Record.Experiments(), e.ParentCommit),
	})
	if err == nil {
		err = makeFolder(b, e.Number)
	}
	if err == nil && IsBuilt(e) {
		err = writeDiff(b, e.Number, e.Diff)
	}
	if err != nil {
		return start, fmt.Errorf("go on with experiment %d: %w", e.Number, err)
	}
	return start, nil
}

// IsBuilt tells whether an interrupted experiment's change is known and was built.
func IsBuilt(e journal.Experiment) bool {
	return slices.Contains([]journal.Kind{journal.KindBuilt, journal.KindTrained, journal.KindEvaluated, journal.KindLooked}, e.Stage)
}

// started adds the champion's files, and how the screen calls the experiment.
func started(b *bench.Bench, start Start) (Start, error) {
	var err error
	start.Files, err = b.Repository.MutableFiles(start.Parent)
	start.Title = fmt.Sprintf("experiment %d", start.Number)
	if b.Settings.Budget != bench.Unlimited && start.Number > 0 {
		start.Title += "/" + strconv.Itoa(b.Settings.Budget)
	}
	if b.Settings.Parallel > 1 && start.Number > 0 {
		start.Label = "#" + strconv.Itoa(start.Number) + " "
	}
	return start, err
}

func makeFolder(b *bench.Bench, number int) error {
	if err := os.MkdirAll(b.Folder.Output(number), 0o755); err != nil {
		return fmt.Errorf("make the experiment's folder: %w", err)
	}
	return nil
}

// toTryAgain is the first experiment whose change waits to be tried on another
// parent, or 0.
func toTryAgain(known []journal.Experiment) int {
	for _, e := range known {
		begun := func(other journal.Experiment) bool { return other.Again == e.Number }
		if e.TryAgain && !slices.ContainsFunc(known, begun) {
			return e.Number
		}
	}
	return 0
}

// Given is a draft that nobody is asked for: the baseline's, that of a run which
// compares the champion with itself, or one that was made before an interruption.
func Given(b *bench.Bench, start Start, e journal.Experiment) (Draft, error) {
	switch {
	case start.Number == 0:
		return baseline(start), nil
	case !b.Record.Run().AA:
		made, err := journaled(start, e)
		if err != nil {
			err = fmt.Errorf("go on with experiment %d: %w", start.Number, err)
		}
		return made, err
	}
	again := Draft{Proposer: "aa", Description: "the champion again"}
	if trials.Of(b).Stream(start.Number) > 0 { // every other time with noise of its own
		again.Description += ", on data in another order"
	}
	return again, nil
}
