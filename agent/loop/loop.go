package loop

import (
	"context"
	"errors"
	"fmt"

	"github.com/ternlab/ternlab/agent/record"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/runs"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace"
)

// Screen shows a run to the person who started it. Its methods, and its reporters,
// are used by several goroutines at once.
type Screen interface {
	// Say shows a line that stays.
	Say(line string)
	// Doing shows what takes time now, until the next line is shown.
	Doing(what string)
	// Training shows a training of that many steps, until it reports
	// [progress.Done]. One of several at the same time has a label, which goes
	// before its lines.
	Training(steps int, label string) progress.Reporter
}

// Loop is one run that this process writes.
type Loop struct {
	settings   Settings
	repository *workspace.Repository
	proposer   proposer.Proposer
	screen     Screen

	folder   runs.Folder
	record   *record.Record
	runner   lab.Runner
	lab      *lab.Lab
	prepared bool // the lab is
	hand     hand
	refusals map[int][]string // by champion, what one knob away from it would be refused
	unraced  map[int]bool     // the champions of which it was said that nobody races against them

	tooGoods []int // experiments, decided in this process, that are better than full precision
}

// stage is one step on an experiment's way. Its error is a crash when the
// candidate is at fault.
type stage func(ctx context.Context, c *candidate) error

// experiments takes one experiment, or several from the same champion, down the
// whole path.
func (l *Loop) experiments(ctx context.Context, batch []*candidate) error {
	batch, err := l.proposed(ctx, batch,
		l.accepted(l.propose, l.survived(l.apply, l.guard), l.isNew, l.build), // a refusal goes back to the proposer
		l.announce,
	)
	for err == nil && len(batch) > 0 { // one more seed for each, until the rule has seen enough
		if l.isOrphaned(batch) {
			return l.orphaned(ctx, batch)
		}
		round := l.nextRound(batch)
		if err := inTurn(ctx, round, l.nextSeed, l.championToo, l.setBand); err != nil {
			return err
		}
		if l.isOrphaned(batch) {
			continue
		}
		if err := l.atOnce(ctx, round, l.trial); err != nil {
			return err
		}
		if err := inTurn(ctx, round, l.look); err != nil {
			return err
		}
		batch, err = l.decided(ctx, batch, l.judge, l.commit, l.publish, l.prune)
	}
	return err
}

// baseline measures the run's base commit as it is: experiment 0.
func (l *Loop) baseline(ctx context.Context) error {
	c, err := l.begin(0, 0)
	if err != nil {
		return err
	}
	err = inOrder(ctx, c, l.unchanged, l.build, l.announce, l.nextSeed, l.trial, l.look, l.judge, l.commit, l.publish)
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
	if err := l.stopTooGood(); err != nil {
		return err
	}
	if err := l.pruneExports(false, l.record.Experiments()...); err != nil {
		return err
	}
	if err := l.experimentsTo(ctx, l.settings.Budget); err != nil {
		return err
	}
	if err := l.Confirm(ctx, l.settings.ConfirmSeeds); err != nil {
		return err
	}
	checked := l.settings.ConfirmSeeds > 0 || len(l.record.Run().Texts) == 0
	return l.pruneExports(checked, l.record.Experiments()...)
}

// experimentsTo does the experiments up to the budget.
func (l *Loop) experimentsTo(ctx context.Context, budget int) error {
	if l.Next() > budget {
		return nil
	}
	if err := l.awaitSpace(ctx); err != nil {
		return err
	}
	if err := l.prepareOnce(ctx); err != nil {
		return err
	}
	if err := l.fixText(ctx); err != nil {
		return err
	}
	if err := l.measureFull(ctx, lab.Text{}); err != nil {
		return err
	}
	for l.Next() <= budget {
		err := l.goOn(ctx, budget)
		if errors.Is(err, proposer.ErrExhausted) {
			l.screen.Say("nothing is left to try: " + err.Error())
			return nil
		}
		if errors.Is(err, ErrBudget) {
			l.screen.Say(err.Error())
			return nil
		}
		if err = l.afterFullDisk(ctx, err); err != nil {
			return err
		}
		if err := l.stopTooGood(); err != nil {
			return err
		}
	}
	return nil
}

// goOn does what comes next: the baseline, or a batch of experiments.
func (l *Loop) goOn(ctx context.Context, budget int) error {
	if err := l.mayBegin(ctx); err != nil {
		return err
	}
	number := l.Next()
	if number == len(l.record.Experiments()) { // what was begun is finished
		if err := l.settings.hasTime(l.record.Elapsed()); err != nil {
			return err
		}
	}
	if number == 0 {
		return l.baseline(ctx)
	}
	batch, err := l.nextBatch(budget)
	if err != nil {
		return err
	}
	return l.experiments(ctx, batch)
}

// Experiments returns what is known of the run's experiments, the baseline
// first.
func (l *Loop) Experiments() []journal.Experiment { return l.record.Experiments() }

// Settings returns what the journal has as the run's settings.
func (l *Loop) Settings() journal.Run { return l.record.Run() }

// Next is the number of the first experiment without a verdict, the one that
// Run goes on with.
func (l *Loop) Next() int {
	known := l.record.Experiments()
	for i, e := range known {
		if e.Status == journal.StatusRunning {
			return i
		}
	}
	return len(known)
}
