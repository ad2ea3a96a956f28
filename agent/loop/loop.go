package loop

import (
	"context"
	"errors"
	"fmt"

	"github.com/gofrs/flock"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// Screen shows a run to the person who started it.
type Screen interface {
	// Say shows a line that stays.
	Say(line string)
	// Doing shows what takes time now, until the next line is shown.
	Doing(what string)
	// Training shows a training of that many steps, until it reports
	// [progress.Done].
	Training(steps int) progress.Reporter
}

// Loop is one run that this process writes.
type Loop struct {
	settings   Settings
	repository *workspace.Repository
	proposer   proposer.Proposer
	screen     Screen

	folder    Folder
	lock      *flock.Flock
	journal   *results.Journal
	sandbox   sandbox.Sandbox
	toolchain workspace.CandidateToolchain
	seal      seal
	prepared  bool // evaluator and toolchain are there
	hand      hand
	processes processes

	run         results.Run
	experiments []results.Experiment
}

// stage is one step on an experiment's way. Its error is a crash when the
// candidate is at fault.
type stage func(ctx context.Context, c *candidate) error

// experiment takes one experiment down the whole path.
func (l *Loop) experiment(ctx context.Context, number int) error {
	c, err := l.begin(number)
	if err != nil {
		return err
	}
	err = inOrder(ctx, c,
		l.accepted(l.propose, l.apply, l.guard, l.build), // a refusal goes back to the proposer
		l.announce,
		l.onPairedSeeds(l.train, l.evaluate), // one after another, until the rule has seen enough
	)
	if c.crash = asCrash(err); err != nil && c.crash == nil {
		return err // not the candidate's fault: nothing is said about it
	}
	return inOrder(ctx, c, l.judge, l.commit, l.publish)
}

// baseline measures the run's base commit as it is: experiment 0.
func (l *Loop) baseline(ctx context.Context) error {
	c, err := l.begin(0)
	if err != nil {
		return err
	}
	err = inOrder(ctx, c, l.unchanged, l.build, l.announce, l.onPairedSeeds(l.train, l.evaluate), l.judge, l.commit, l.publish)
	if asCrash(err) != nil {
		return fmt.Errorf("measure the baseline: %w; see %s", err, l.shortFolder(0))
	}
	return err
}

// inOrder runs the stages until one fails.
func inOrder(ctx context.Context, c *candidate, stages ...stage) error {
	for _, next := range stages {
		if err := next(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// Run does experiments until the budget is used up or there is nothing left to
// try, and then the final check. When ctx ends it breaks off the step in hand,
// after [Loop.Stop] it finishes that, and returns an error; the next Run goes on.
func (l *Loop) Run(ctx context.Context) error {
	if err := l.finishDecided(ctx); err != nil {
		return err
	}
	if err := l.experimentsTo(ctx, l.settings.Budget); err != nil {
		return err
	}
	return l.Confirm(ctx, l.settings.ConfirmSeeds)
}

// experimentsTo does the experiments up to the budget.
func (l *Loop) experimentsTo(ctx context.Context, budget int) error {
	if l.Next() > budget {
		return nil
	}
	if err := l.prepareOnce(ctx); err != nil {
		return err
	}
	for l.Next() <= budget {
		if err := l.mayBegin(); err != nil {
			return err
		}
		number := l.Next()
		step := l.experiment
		if number == 0 {
			step = func(ctx context.Context, _ int) error { return l.baseline(ctx) }
		}
		err := step(ctx, number)
		if errors.Is(err, proposer.ErrExhausted) {
			l.screen.Say("nothing is left to try: " + err.Error())
			return nil
		}
		if errors.Is(err, ErrBudget) {
			l.screen.Say(err.Error())
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Experiments returns what is known of the run's experiments, the baseline
// first.
func (l *Loop) Experiments() []results.Experiment { return l.experiments }

// Settings returns what the journal has as the run's settings.
func (l *Loop) Settings() results.Run { return l.run }

// Next is the number of the first experiment without a verdict, the one that
// Run goes on with.
func (l *Loop) Next() int {
	for i, e := range l.experiments {
		if e.Status == results.StatusRunning {
			return i
		}
	}
	return len(l.experiments)
}
