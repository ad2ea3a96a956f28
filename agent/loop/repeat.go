package loop

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ternlab/ternlab/agent/lab"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace"
)

// holdToFigures sees to it that the champion's figure is what it was: it is trained
// again on a seed that it was measured on, once before others are compared with it on
// further seeds, once for the final check. One whose figure differs is withdrawn, and
// the champion before it is held to its own.
func (l *Loop) holdToFigures(ctx context.Context, final bool) error {
	for {
		champion, ok := journal.Best(l.record.Experiments())
		if !ok || champion.Number == 0 || !l.record.Run().Rule.Sequential() {
			return nil
		}
		var err error
		switch journal.RepetitionOf(l.record.Experiments(), champion.Number, final) {
		case journal.Repeats:
			return nil
		case journal.NotRepeated:
			err = l.repeat(ctx, champion.Number, champion.Number, final)
		case journal.NeedsBaseline:
			err = l.repeatBaseline(ctx, champion.Number, final)
		case journal.Differs:
			err = l.withdraw(champion, final)
		}
		if err != nil {
			return err
		}
	}
}

// repeatBaseline measures the baseline again, to tell whether the machine gives the
// same figure twice.
func (l *Loop) repeatBaseline(ctx context.Context, champion int, final bool) error {
	l.screen.Say("  " + l.nameOf(champion) + "'s figure isn't what it was; the baseline shows whether this machine's are")
	if err := l.repeat(ctx, 0, champion, final); err != nil {
		return err
	}
	if journal.RepetitionOf(l.record.Experiments(), champion, final) == journal.Repeats {
		l.screen.Say("  the baseline's isn't either: machine and backend don't give the same twice, so figures may differ by as much as noise explains")
	}
	return nil
}

// repeat measures a kept experiment again for a champion's sake, on a seed that it was
// measured on: on as many processors as then.
func (l *Loop) repeat(ctx context.Context, number, champion int, final bool) error {
	if err := l.mayBegin(ctx); err != nil {
		return err
	}
	known := l.record.Experiments()
	e := known[number]
	seed := journal.RepeatSeed(l.record.Run(), e, final)
	defer l.hold(fmt.Sprintf("the training of %s on seed %d", l.nameOf(number), seed))()
	l.screen.Say(fmt.Sprintf("  %s on seed %d once more, to see whether its figure is the same", l.nameOf(number), seed))
	files, err := l.repository.MutableFiles(e.Commit)
	if err != nil {
		return err
	}
	rival, _ := known[champion].Trial(journal.RepeatSeed(l.record.Run(), known[champion], final))
	spec := l.spec(number, seed, files, lab.Share{Of: rival.Abreast})
	spec.Texts = []lab.Text{{}}
	again := journal.Repeated{For: champion, Final: final, Seed: seed, EvalPPL: table.Missing(), TimeS: table.Missing()}
	again.EvalPPL, again.TimeS, err = l.figureOf(ctx, e, seed, spec)
	if fault := lab.AsFault(err); fault != nil {
		again.Problem, err = fault.Error(), nil
	}
	if err != nil {
		return err
	}
	return l.record.Append(number, again)
}

// figureOf trains a kept recipe once more and measures its export. Nothing of that is
// journaled.
func (l *Loop) figureOf(ctx context.Context, e journal.Experiment, seed uint64, spec lab.Spec) (ppl, timeS table.Measure, err error) {
	program, err := l.programOf(ctx, e.Commit)
	if err != nil {
		return table.Missing(), table.Missing(), err
	}
	spec.Reporter = l.screen.Training(l.record.Run().Steps, "")
	trial, err := l.try(ctx, program, spec, seed, l.allottedTo(e.Number), func(journal.Trained) error { return nil })
	if err != nil {
		return table.Missing(), table.Missing(), err
	}
	evaluated := trial.Evaluations[0]
	return evaluated.EvalPPL, trial.TimeS + evaluated.TimeS, nil
}

// withdraw takes a champion back.
func (l *Loop) withdraw(e journal.Experiment, final bool) error {
	if err := l.lab.CheckSeal(); err != nil {
		return err
	}
	known := l.record.Experiments()
	withdrawn := journal.Withdraw(l.record.Run(), known, e.Number, final)
	if err := l.record.Append(e.Number, withdrawn); err != nil {
		return err
	}
	return l.takeBack(l.record.Experiments()[e.Number])
}

// takeBack commits what was withdrawn just now: on the run's branch the files of the
// champion before it are restored. Done again after an interruption it makes the same
// commit, down to its hash.
func (l *Loop) takeBack(e journal.Experiment) error {
	withdrawal, ref := e.Withdrawal, workspace.BranchRef(l.record.Run().Tag)
	champion := l.record.Experiments()[withdrawal.Champion]
	subject := subjectStart(e.Number) + "withdrawn"
	if err := l.checkBranch(ref, withdrawal.Parent, subject); err != nil {
		return err
	}
	changed, err := l.restored(withdrawal.Parent, champion.Commit)
	if err != nil {
		return err
	}
	message := fmt.Sprintf("%s: back to %s\n\n%s\n\nExperiment: %d\nChampion: %d\n", subject, l.nameOf(champion.Number), line.InCommit(withdrawal.Reason, line.Longest), e.Number, champion.Number)
	commit, err := l.repository.Commit(withdrawal.Parent, changed, message, withdrawal.Time.Local())
	if err != nil {
		return err
	}
	failpoint.Hit(failpoint.Objects)
	if err := l.repository.SetRef(ref, commit); err != nil {
		return err
	}
	failpoint.Hit(failpoint.RefSet)
	if err := l.lab.Remove(e.Commit); err != nil {
		return err
	}
	if err := l.record.Append(e.Number, journal.Committed{Commit: commit, Ref: ref}); err != nil {
		return err
	}
	l.screen.Say(fmt.Sprintf("  experiment %d is withdrawn: %s\n  %s is the champion again, in %s", e.Number, line.Clean(withdrawal.Reason),
		l.nameOf(champion.Number), line.Commit(commit)))
	return nil
}

// restored are the changes that make the mutable files of one commit those of another.
func (l *Loop) restored(at, as string) (map[string]string, error) {
	files, err := l.repository.MutableFiles(at)
	if err != nil {
		return nil, err
	}
	want, err := l.repository.MutableFiles(as)
	if err != nil {
		return nil, err
	}
	changed := map[string]string{}
	for name := range maps.Keys(files) {
		changed[name] = "" // removed, unless it is wanted
	}
	maps.Copy(changed, want)
	maps.DeleteFunc(changed, func(name, text string) bool { return files[name] == text })
	return changed, nil
}

// isOrphaned tells whether the batch's champion was withdrawn under it.
func (l *Loop) isOrphaned(batch []*candidate) bool {
	known := l.record.Experiments()
	return slices.ContainsFunc(batch, func(c *candidate) bool { return known[c.champion].Status == journal.StatusWithdrawn })
}

// orphaned decides on candidates whose champion was withdrawn: none of them was
// compared with anything.
func (l *Loop) orphaned(ctx context.Context, batch []*candidate) error {
	files, err := l.repository.MutableFiles(journal.Tip(l.record.Run(), l.record.Experiments()))
	if err != nil {
		return err
	}
	for _, c := range batch {
		if c.crash == nil {
			_, apart := onTop(files, c.diff)
			c.judged = journal.Orphaned(c.champion, apart == nil)
		}
		if err := inOrder(ctx, c, l.judge, l.commit, l.publish, l.prune); err != nil {
			return err
		}
	}
	return nil
}
