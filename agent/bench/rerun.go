package bench

import (
	"context"
	"fmt"
	"slices"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
)

// Rerun measures a kept experiment's recipe on a further seed, and there on the
// evaluation text and an unseen one, as far as that wasn't done before.
func (b *Bench) Rerun(ctx context.Context, number int, seed uint64, text lab.Text) error {
	e := b.Record.Experiments()[number]
	trial, trained := e.Trial(seed)
	if trial.EvalPPL.Valid() && trial.On(text.Name).Valid() && trained {
		return nil
	}
	if err := b.MayBegin(ctx); err != nil {
		return err
	}
	defer b.Working(fmt.Sprintf("the training of %s on seed %d", NameOf(number), seed))()
	b.Observer.Say(fmt.Sprintf("  %s on seed %d", NameOf(number), seed))
	files, err := b.Repository.MutableFiles(e.Commit)
	if err != nil {
		return err
	}
	spec := b.Spec(number, seed, files, lab.Share{})
	spec.Texts = slices.DeleteFunc(both(text), func(text lab.Text) bool { return trial.On(text.Name).Valid() })
	spec.OnEvaluated = func(evaluated lab.Evaluation) error {
		return b.Record.Append(number, b.Evaluated(seed, evaluated))
	}
	spec.Reporter = b.Training(number, seed, "")
	measured := false
	if trained { // before an interruption, or before the text was made
		_, err = b.Lab.Measure(ctx, spec)
		measured = lab.AsFault(err) == nil
	} // its export may have suffered since, or be gone
	if !measured {
		spec.Texts = both(text)
		err = b.trainAgain(ctx, e, seed, spec)
	}
	if fault := lab.AsFault(err); fault != nil {
		return fmt.Errorf("measure %s again, on seed %d: %w", NameOf(number), seed, fault.Err) // no candidate is at fault
	}
	if err != nil || journal.IsFresh(b.Record.Run(), seed) {
		return err // the final check looks at all of them
	}
	return b.CheckReruns(number, []uint64{seed}, lab.Text{})
}

// both are an unseen text and the evaluation text, which may be the same.
func both(text lab.Text) []lab.Text { return slices.Compact([]lab.Text{text, {}}) }

// trainAgain trains a kept experiment's recipe and measures its export.
func (b *Bench) trainAgain(ctx context.Context, e journal.Experiment, seed uint64, spec lab.Spec) error {
	program, err := b.ProgramOf(ctx, e.Commit)
	if err != nil {
		return err
	}
	_, err = b.Try(ctx, program, spec, seed, b.AllottedTo(e.Number), func(trained journal.Trained) error {
		if trained.Failure != nil {
			return nil // what was measured before stands
		}
		return b.Record.Append(e.Number, trained)
	})
	return err
}

// NameOf is a kept experiment as people speak of it.
func NameOf(number int) string {
	if number == 0 {
		return "the baseline"
	}
	return fmt.Sprintf("experiment %d", number)
}

// ProgramOf returns the program of a commit, and builds it if it was not kept.
func (b *Bench) ProgramOf(ctx context.Context, commit string) (lab.Program, error) {
	if program, ok := b.Lab.Find(commit); ok {
		return program, nil
	}
	b.Observer.Doing("building the trainer of " + line.Commit(commit))
	program, err := b.Lab.Build(ctx, lab.Recipe{Name: commit, Commit: commit})
	if fault := lab.AsFault(err); fault != nil {
		err = fault.Err // no candidate is at fault
	}
	if err != nil {
		return program, fmt.Errorf("build the trainer of %s again: %w", line.Commit(commit), err)
	}
	return program, nil
}
