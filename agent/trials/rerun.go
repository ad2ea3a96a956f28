package trials

import (
	"context"
	"fmt"
	"slices"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
)

// Rerun measures a kept experiment's recipe on a further seed, and there on the
// evaluation text and an unseen one, as far as that wasn't done before.
func (t Trials) Rerun(ctx context.Context, number int, seed uint64, text lab.Text) error {
	e := t.bench.Record.Experiments()[number]
	trial, trained := e.Trial(seed)
	if trial.EvalPPL.Valid() && trial.On(text.Name).Valid() && trained {
		return nil
	}
	if err := t.bench.MayBegin(ctx); err != nil {
		return err
	}
	defer t.bench.Working(fmt.Sprintf("the training of %s on seed %d", bench.NameOf(number), seed))()
	t.bench.Observer.Say(fmt.Sprintf("  %s on seed %d", bench.NameOf(number), seed))
	files, err := t.bench.Repository.MutableFiles(e.Commit)
	if err != nil {
		return err
	}
	spec := t.Spec(number, seed, files, lab.Share{})
	spec.Texts = slices.DeleteFunc(both(text), func(text lab.Text) bool { return trial.On(text.Name).Valid() })
	spec.OnEvaluated = func(evaluated lab.Evaluation) error {
		return t.bench.Record.Append(number, t.Evaluated(seed, evaluated))
	}
	spec.Reporter = t.Training(number, seed, "")
	measured := false
	if trained { // before an interruption, or before the text was made
		_, err = t.bench.Lab.Measure(ctx, spec)
		measured = lab.AsFault(err) == nil
	} // its export may have suffered since, or be gone
	if !measured {
		spec.Texts = both(text)
		err = t.trainAgain(ctx, e, seed, spec)
	}
	if fault := lab.AsFault(err); fault != nil {
		return fmt.Errorf("measure %s again, on seed %d: %w", bench.NameOf(number), seed, fault.Err) // no candidate is at fault
	}
	if err != nil || journal.IsFresh(t.bench.Record.Run(), seed) {
		return err // the final check looks at all of them
	}
	return t.CheckReruns(number, []uint64{seed}, lab.Text{})
}

// both are an unseen text and the evaluation text, which may be the same.
func both(text lab.Text) []lab.Text { return slices.Compact([]lab.Text{text, {}}) }

// trainAgain trains a kept experiment's recipe and measures its export.
func (t Trials) trainAgain(ctx context.Context, e journal.Experiment, seed uint64, spec lab.Spec) error {
	program, err := t.ProgramOf(ctx, e.Commit)
	if err != nil {
		return err
	}
	_, err = t.Try(ctx, program, spec, seed, t.AllottedTo(e.Number), func(trained journal.Trained) error {
		if trained.Failure != nil {
			return nil // what was measured before stands
		}
		return t.bench.Record.Append(e.Number, trained)
	})
	return err
}

// ProgramOf returns the program of a commit, and builds it if it was not kept.
func (t Trials) ProgramOf(ctx context.Context, commit string) (lab.Program, error) {
	if program, ok := t.bench.Lab.Find(commit); ok {
		return program, nil
	}
	t.bench.Observer.Doing("building the trainer of " + line.Commit(commit))
	program, err := t.bench.Lab.Build(ctx, lab.Recipe{Name: commit, Commit: commit})
	if fault := lab.AsFault(err); fault != nil {
		err = fault.Err // no candidate is at fault
	}
	if err != nil {
		return program, fmt.Errorf("build the trainer of %s again: %w", line.Commit(commit), err)
	}
	return program, nil
}
