package loop

import (
	"context"
	"fmt"
	"slices"

	"github.com/ternlab/ternlab/agent/lab"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
)

// rerun measures a kept experiment's recipe on a further seed, and there on the
// evaluation text and an unseen one, as far as that wasn't done before.
func (l *Loop) rerun(ctx context.Context, number int, seed uint64, text lab.Text) error {
	e := l.record.Experiments()[number]
	trial, trained := e.Trial(seed)
	if trial.EvalPPL.Valid() && trial.On(text.Name).Valid() && trained {
		return nil
	}
	if err := l.mayBegin(ctx); err != nil {
		return err
	}
	defer l.hold(fmt.Sprintf("the training of %s on seed %d", l.nameOf(number), seed))()
	l.screen.Say(fmt.Sprintf("  %s on seed %d", l.nameOf(number), seed))
	files, err := l.repository.MutableFiles(e.Commit)
	if err != nil {
		return err
	}
	spec := l.spec(number, seed, files, lab.Share{})
	spec.Texts = slices.DeleteFunc(both(text), func(text lab.Text) bool { return trial.On(text.Name).Valid() })
	spec.OnEvaluated = func(evaluated lab.Evaluation) error {
		return l.record.Append(number, l.evaluatedRecord(seed, evaluated))
	}
	spec.Reporter = l.screen.Training(l.record.Run().Steps, "")
	measured := false
	if trained { // before an interruption, or before the text was made
		_, err = l.lab.Measure(ctx, spec)
		measured = lab.AsFault(err) == nil
	} // its export may have suffered since, or be gone
	if !measured {
		spec.Texts = both(text)
		err = l.trainAgain(ctx, e, seed, spec)
	}
	if fault := lab.AsFault(err); fault != nil {
		return fmt.Errorf("measure %s again, on seed %d: %w", l.nameOf(number), seed, fault.Err) // no candidate is at fault
	}
	if err != nil || journal.IsFresh(l.record.Run(), seed) {
		return err // the final check looks at all of them
	}
	return l.checkReruns(number, []uint64{seed}, lab.Text{})
}

// both are an unseen text and the evaluation text, which may be the same.
func both(text lab.Text) []lab.Text { return slices.Compact([]lab.Text{text, {}}) }

// trainAgain trains a kept experiment's recipe and measures its export.
func (l *Loop) trainAgain(ctx context.Context, e journal.Experiment, seed uint64, spec lab.Spec) error {
	program, err := l.programOf(ctx, e.Commit)
	if err != nil {
		return err
	}
	_, err = l.try(ctx, program, spec, seed, l.allottedTo(e.Number), func(trained journal.Trained) error {
		if trained.Failure != nil {
			return nil // what was measured before stands
		}
		return l.record.Append(e.Number, trained)
	})
	return err
}

// nameOf is a kept experiment as people speak of it.
func (l *Loop) nameOf(number int) string {
	if number == 0 {
		return "the baseline"
	}
	return fmt.Sprintf("experiment %d", number)
}

// programOf returns the program of a commit, and builds it if it was not kept.
func (l *Loop) programOf(ctx context.Context, commit string) (lab.Program, error) {
	if program, ok := l.lab.Find(commit); ok {
		return program, nil
	}
	l.screen.Doing("building the trainer of " + line.Commit(commit))
	program, err := l.lab.Build(ctx, lab.Recipe{Name: commit, Commit: commit})
	if fault := lab.AsFault(err); fault != nil {
		err = fault.Err // no candidate is at fault
	}
	if err != nil {
		return program, fmt.Errorf("build the trainer of %s again: %w", line.Commit(commit), err)
	}
	return program, nil
}

// putAway keeps a new champion's program for reruns, and with it only the
// baseline's. The program of an experiment that was dropped goes.
func (l *Loop) putAway(c *candidate, commit string) error {
	built := lab.ForExperiment(c.number)
	if _, ok := l.lab.Find(built); !ok || !c.judged.Status.Kept() {
		return l.lab.Remove(built)
	}
	if c.champion > 0 {
		if err := l.lab.Remove(l.record.Experiments()[c.champion].Commit); err != nil {
			return err
		}
	}
	return l.lab.Rename(built, commit)
}
