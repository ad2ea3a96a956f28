package loop

import (
	"context"
	"errors"
	"fmt"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/trials"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

// try trains a candidate on a seed and measures its export, as far as that wasn't done
// before an interruption. The journal has what that comes to.
func (l *Loop) try(ctx context.Context, c candidate, seed uint64, race race, share lab.Share) error {
	before, trained := l.bench.Record.Experiments()[c.start.Number].Trial(seed)
	spec := l.specOf(c, seed, race, share)
	switch {
	case !trained:
		return l.tryNow(ctx, c, seed, spec)
	case before.Failure != nil:
		return &lab.FaultError{Class: lab.Class(before.Failure.Class), Err: errors.New(before.Failure.Message)}
	case before.StoppedAt > 0 || before.EvalPPL.Valid():
		return nil // there is no export, or nothing to do
	}
	held := l.bench.Working(fmt.Sprintf("the evaluation of experiment %d", c.start.Number))
	_, err := l.bench.Lab.Measure(ctx, spec)
	held()
	if fault := lab.AsFault(err); fault == nil || fault.Class == lab.Class(journal.FailureTooGood) {
		return err
	} // the export has suffered since, or is gone: nobody knows whose fault it is
	return l.tryNow(ctx, c, seed, spec)
}

// tryNow trains a candidate on a seed and measures its export.
func (l *Loop) tryNow(ctx context.Context, c candidate, seed uint64, spec lab.Spec) error {
	if err := l.bench.MayBegin(ctx); err != nil {
		return err
	}
	number := c.start.Number
	held := l.bench.Working(fmt.Sprintf("the training of experiment %d on seed %d", number, seed))
	defer func() { held() }()
	if seed != journal.PairedSeed(l.bench.Record.Run(), 1) {
		l.bench.Observer.Say(fmt.Sprintf("  %sthe candidate on seed %d", c.start.Label, seed))
	}
	_, err := l.trials.Try(ctx, c.program, spec, seed, l.trials.AllottedTo(number), func(trained journal.Trained) error {
		held()
		held = l.bench.Working(fmt.Sprintf("the evaluation of experiment %d", number))
		return l.bench.Record.Append(number, trained)
	})
	return err
}

// specOf is the trial of a candidate on a seed. What is measured of it is journaled,
// unless it is too good to be compared with anything.
func (l *Loop) specOf(c candidate, seed uint64, race race, share lab.Share) lab.Spec {
	spec := l.trials.Spec(c.start.Number, seed, c.draft.Source(c.start), share)
	spec.Label, spec.Title = c.start.Label, c.start.Title
	spec.Reporter = l.trials.Training(c.start.Number, seed, c.start.Label)
	spec.Texts = []lab.Text{{}}
	if race.rival != nil {
		spec.Hopeless = func(curve []table.Point, steps int) bool {
			return race.band.Hopeless(race.rival, l.trials.Placed(curve, steps))
		}
	}
	export := spec.Export()
	spec.OnEvaluated = func(evaluated lab.Evaluation) error {
		record := l.trials.Evaluated(seed, evaluated)
		if err := trials.RefuseTooGood(l.bench.Record.Run(), record, export); err != nil {
			return err
		}
		return l.bench.Record.Append(c.start.Number, record)
	}
	return spec
}
