package loop

import (
	"context"
	"errors"
	"fmt"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/check"
	"github.com/ternlab/ternlab/agent/draft"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/agent/trials"
	"github.com/ternlab/ternlab/results/journal"
)

// Loop does a run's experiments.
type Loop struct {
	bench   *bench.Bench
	drafter *draft.Drafter
	trials  trials.Trials

	unraced  map[int]bool // the champions of which it was said that nobody races against them
	tooGoods []int        // experiments, decided in this process, that are better than full precision
}

// New returns a loop that does the experiments of an open run with a proposer. A run
// that compares the champion with itself asks none, and p is nil.
func New(b *bench.Bench, p proposer.Proposer) *Loop {
	return &Loop{bench: b, trials: trials.Of(b), drafter: draft.New(b, p), unraced: map[int]bool{}}
}

// experiments takes one experiment, or several from the same champion, down the
// whole path.
func (l *Loop) experiments(ctx context.Context, starts []draft.Start) error {
	batch, err := l.draftEach(ctx, starts) // proposed, guarded, new and built, or at fault
	for err == nil && len(batch) > 0 {     // one more seed for each, until the rule has seen enough
		if isOrphaned(l.bench.Record.Experiments(), batch) {
			return l.decideOrphans(batch)
		}
		round, seed := nextRound(l.bench.Record.Run(), l.bench.Record.Experiments(), batch)
		tried, err := l.tryEach(ctx, round, seed) // trained and evaluated
		if err != nil {
			return err
		}
		batch = with(batch, tried)
		if isOrphaned(l.bench.Record.Experiments(), batch) {
			continue
		}
		looked, err := l.lookAtEach(ctx, tried)
		if err != nil {
			return err
		}
		batch, err = l.decideClear(with(batch, looked)) // judged and committed
		if err != nil {
			return err
		}
	}
	return err
}

// baseline measures the run's base commit as it is: experiment 0.
func (l *Loop) baseline(ctx context.Context) error {
	start, err := draft.Begin(l.bench, 0, 0)
	if err != nil {
		return err
	}
	c, err := l.draft(ctx, start)
	if err == nil && c.fault == nil {
		announce(l.bench, c)
		seed := journal.PairedSeed(l.bench.Record.Run(), 1)
		c, err = faulty(c, l.try(ctx, c, seed, race{}, lab.Share{}))
	}
	if err == nil && c.fault != nil {
		return fmt.Errorf("measure the baseline: %w; see %s", c.fault, runs.NewFolder("", l.bench.Record.Run().Tag).Experiment(0))
	}
	if err == nil {
		c.ruling, err = l.look(c)
	}
	if err != nil {
		return err
	}
	return l.decide(c)
}

// Run does experiments until the budget is used up or there is nothing left to
// try, and then the final check. When ctx ends it breaks off the step in hand,
// after [bench.Bench.Stop] it finishes that, and returns an error; the next Run goes on.
func (l *Loop) Run(ctx context.Context) error {
	if err := l.finishDecided(); err != nil {
		return err
	}
	if err := l.stopTooGood(); err != nil {
		return err
	}
	if err := l.bench.PruneExports(false, l.bench.Record.Experiments()...); err != nil {
		return err
	}
	if err := l.experimentsTo(ctx, l.bench.Settings.Budget); err != nil {
		return err
	}
	if err := check.Confirm(ctx, l.bench, l.bench.Settings.ConfirmSeeds); err != nil {
		return err
	}
	checked := l.bench.Settings.ConfirmSeeds > 0 || len(l.bench.Record.Run().Texts) == 0
	return l.bench.PruneExports(checked, l.bench.Record.Experiments()...)
}

// experimentsTo does the experiments up to the budget.
func (l *Loop) experimentsTo(ctx context.Context, budget int) error {
	if l.bench.Next() > budget {
		return nil
	}
	if err := l.bench.AwaitSpace(ctx); err != nil {
		return err
	}
	if err := l.bench.Prepare(ctx); err != nil {
		return err
	}
	if err := l.bench.Texts.Fix(ctx); err != nil {
		return err
	}
	if err := l.trials.MeasureFull(ctx, lab.Text{}); err != nil {
		return err
	}
	for l.bench.Next() <= budget {
		err := l.goOn(ctx, budget)
		if errors.Is(err, proposer.ErrExhausted) {
			l.bench.Observer.Say("nothing is left to try: " + err.Error())
			return nil
		}
		if errors.Is(err, bench.ErrBudget) {
			l.bench.Observer.Say(err.Error())
			return nil
		}
		if err != nil {
			if err = l.bench.Recover(ctx, err); err == nil {
				err = l.finishDecided()
			}
		}
		if err != nil {
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
	if err := l.bench.MayBegin(ctx); err != nil {
		return err
	}
	number := l.bench.Next()
	if number == len(l.bench.Record.Experiments()) { // what was begun is finished
		if err := l.bench.HasTime(); err != nil {
			return err
		}
	}
	if number == 0 {
		return l.baseline(ctx)
	}
	starts, err := l.beginAll(budget)
	if err != nil {
		return err
	}
	return l.experiments(ctx, starts)
}
