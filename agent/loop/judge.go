package loop

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace"
)

// judge journals the decision: from here on the experiment counts.
func (l *Loop) judge(_ context.Context, c *candidate) error {
	if err := l.lab.CheckSeal(); err != nil {
		return err
	}
	if c.crash != nil {
		c.judged = journal.Crashed(c.crash.class, line.Cut(c.crash.Error(), longestProblem))
	}
	if best, _ := journal.Best(l.record.Experiments()); best.Number != c.champion && c.judged.Status.Kept() {
		files, err := l.repository.MutableFiles(best.Commit)
		if err != nil {
			return err
		}
		_, apart := onTop(files, c.diff)
		c.judged = c.judged.TooLate(best.Number, apart == nil)
	}
	if err := l.record.Append(c.number, c.judged); err != nil {
		return err
	}
	c.decided = l.record.Experiments()[c.number].Decided
	l.noteTooGood(c.number)
	return nil
}

// commit puts the experiment into git: on the run's branch when it was kept,
// else under a ref of its own. Done again after an interruption it makes the same
// commit, down to its hash.
func (l *Loop) commit(_ context.Context, c *candidate) error {
	ref := workspace.ExperimentRef(l.record.Run().Tag, c.number)
	if c.judged.Status.Kept() {
		ref = workspace.BranchRef(l.record.Run().Tag)
		if err := l.checkBranch(ref, c.parent, subjectStart(c.number)); err != nil {
			return err
		}
	}
	commit, err := l.newCommit(c)
	if err != nil {
		return err
	}
	failpoint.Hit(failpoint.Objects)
	if err := l.repository.SetRef(ref, commit); err != nil {
		return err
	}
	failpoint.Hit(failpoint.RefSet)
	if err := l.putAway(c, commit); err != nil {
		return err
	}
	return l.record.Append(c.number, journal.Committed{Commit: commit, Ref: ref})
}

// newCommit returns a commit that no ref points at yet; the baseline's is the
// one that the run started from.
func (l *Loop) newCommit(c *candidate) (string, error) {
	if c.number == 0 {
		return l.record.Run().BaseCommit, nil
	}
	return l.repository.Commit(c.parent, c.admissible(), l.record.Clean(message(c, l.record.Experiments()[c.number].Compute)), c.decided.Local())
}

// checkBranch refuses to move the run's branch away from commits that the run
// didn't make: somebody would lose them. It must be at the parent, or one commit
// further whose subject begins as that of the run's next.
func (l *Loop) checkBranch(ref, parent, subject string) error {
	at, err := l.repository.Ref(ref)
	if errors.Is(err, workspace.ErrNoRef) || (err == nil && at == parent) {
		return nil
	}
	if err != nil {
		return err
	}
	added, err := l.repository.Log(ref, parent)
	if err != nil {
		return err
	}
	mine := len(added) == 1 && added[0].Parent == parent && strings.HasPrefix(added[0].Subject, subject)
	if mine {
		return nil // set just before an interruption
	}
	branch := strings.TrimPrefix(ref, "refs/heads/")
	return fmt.Errorf("branch %s was moved to %s, but the run left it at %s; keep your commits under another name and `git branch -f %s %s`",
		branch, line.Commit(at), line.Commit(parent), branch, line.Commit(parent))
}

// admissible is what of the change may stand in a commit: what has passed the
// guard. The rest is in the journal alone.
func (c *candidate) admissible() map[string]string {
	if c.crash == nil {
		return c.changed
	}
	if neverApplied(c.crash.class) || isUnformatted(c.crash) {
		return nil
	}
	return c.changed
}

// isUnformatted tells whether a change isn't even Go, by the crash's own words: they
// are all that the journal has.
func isUnformatted(c *crash) bool {
	return c.class == journal.FailureNoBuild && strings.HasPrefix(c.Error(), "gofmt:")
}

func neverApplied(class journal.FailureClass) bool {
	return class == journal.FailureNoApply || class == journal.FailureGuard
}

// publish brings the tables up to date with the journal and shows the outcome.
func (l *Loop) publish(_ context.Context, c *candidate) error {
	l.screen.Say(outcome(c.label, l.record.Experiments()[c.number], l.shortFolder(c.number)))
	return nil
}

// finishDecided commits an experiment whose verdict was journaled just before
// the agent stopped.
func (l *Loop) finishDecided(ctx context.Context) error {
	for _, e := range l.record.Experiments() {
		if e.Stage == journal.KindWithdrawn {
			if err := l.takeBack(e); err != nil {
				return fmt.Errorf("withdraw experiment %d: %w", e.Number, err)
			}
		}
		if e.Stage != journal.KindVerdict {
			continue
		}
		c, err := l.restore(e)
		if err == nil {
			err = inOrder(ctx, c, l.commit, l.publish)
		}
		if err != nil {
			return fmt.Errorf("finish experiment %d: %w", e.Number, err)
		}
		l.noteTooGood(e.Number)
	}
	return nil
}
