package loop

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/branch"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/reapply"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/agent/trials"
	"github.com/ternlab/ternlab/results/journal"
)

// decide journals the verdict on a candidate, from where on the experiment counts, and
// puts it into git.
func (l *Loop) decide(c candidate) error {
	if err := l.bench.Lab.CheckSeal(); err != nil {
		return err
	}
	judged, err := l.judge(c)
	if err != nil {
		return err
	}
	if err := l.bench.Record.Append(c.start.Number, judged); err != nil {
		return err
	}
	l.noteTooGood(c.start.Number)
	if err := l.publish(c.start.Number, c.start.Label); err != nil {
		return err
	}
	known := l.bench.Record.Experiments()
	return l.bench.PruneExports(false, known[c.start.Number], known[c.start.Champion])
}

// judge says what the candidate's ruling comes to now: another of its batch may have
// been kept before it.
func (l *Loop) judge(c candidate) (journal.Judged, error) {
	judged := c.ruling.judged
	if c.fault != nil {
		judged = journal.Crashed(journal.FailureClass(c.fault.Class), line.Cut(c.fault.Error(), bench.LongestProblem))
	}
	best, _ := journal.Best(l.bench.Record.Experiments())
	if best.Number == c.start.Champion || !judged.Status.Kept() {
		return judged, nil
	}
	files, err := l.bench.Repository.MutableFiles(best.Commit)
	if err != nil {
		return judged, err
	}
	_, apart := reapply.OnTop(files, c.draft.Diff)
	return judged.TooLate(best.Number, apart == nil), nil
}

// publish puts a decided experiment into git and shows the outcome.
func (l *Loop) publish(number int, label string) error {
	if err := branch.Of(l.bench).Commit(l.bench.Record.Experiments()[number]); err != nil {
		return err
	}
	folder := runs.NewFolder("", l.bench.Record.Run().Tag).Experiment(number)
	l.bench.Observer.Say(outcome(label, l.bench.Record.Experiments()[number], folder))
	return nil
}

// outcome is an experiment's last line on the screen.
func outcome(label string, e journal.Experiment, folder string) string {
	switch {
	case e.Number == 0:
		return fmt.Sprintf("  baseline: eval_ppl %.2f in %.1f s", e.EvalPPL, e.TimeS)
	case e.Failure != nil:
		return fmt.Sprintf("  %scrash (%s):%s\n    its files: %s", label, e.Failure.Class, line.Glance(errors.New(e.Failure.Message)), folder)
	}
	return fmt.Sprintf("  %s%s: %s", label, e.Status, line.Clean(e.Reason))
}

// isOrphaned tells whether the batch's champion was withdrawn under it.
func isOrphaned(known []journal.Experiment, batch []candidate) bool {
	return slices.ContainsFunc(batch, func(c candidate) bool { return known[c.start.Champion].Status == journal.StatusWithdrawn })
}

// decideOrphans decides on candidates whose champion was withdrawn: none of them was
// compared with anything.
func (l *Loop) decideOrphans(batch []candidate) error {
	files, err := l.bench.Repository.MutableFiles(journal.Tip(l.bench.Record.Run(), l.bench.Record.Experiments()))
	if err != nil {
		return err
	}
	for _, c := range batch {
		_, apart := reapply.OnTop(files, c.draft.Diff)
		c.ruling.judged = journal.Orphaned(c.start.Champion, apart == nil)
		if err := l.decide(c); err != nil {
			return err
		}
	}
	return nil
}

// finishDecided commits experiments whose verdict, or withdrawal, was journaled just
// before the agent stopped.
func (l *Loop) finishDecided() error {
	for _, e := range l.bench.Record.Experiments() {
		switch e.Stage {
		case journal.KindWithdrawn:
			if err := branch.Of(l.bench).TakeBack(e); err != nil {
				return fmt.Errorf("withdraw experiment %d: %w", e.Number, err)
			}
		case journal.KindVerdict:
			if err := l.publish(e.Number, ""); err != nil {
				return fmt.Errorf("finish experiment %d: %w", e.Number, err)
			}
			l.noteTooGood(e.Number)
		}
	}
	return nil
}

// stopTooGood ends the run once experiments that are too good were decided in this
// process. The next one goes on.
func (l *Loop) stopTooGood() error {
	if len(l.tooGoods) == 0 {
		return nil
	}
	numbers := slices.Sorted(slices.Values(l.tooGoods))
	return &trials.TooGoodError{Experiments: numbers, Figures: l.bench.Record.Experiments()[numbers[0]].Failure.Message}
}

// noteTooGood has the run end when what is under way is decided, if the experiment is
// too good.
func (l *Loop) noteTooGood(number int) {
	if failure := l.bench.Record.Experiments()[number].Failure; failure != nil && failure.Class == journal.FailureTooGood {
		l.tooGoods = append(l.tooGoods, number)
	}
}
