package loop

import (
	"context"
	"errors"
	"fmt"

	"github.com/ternlab/ternlab/results"
	"github.com/ternlab/ternlab/workspace"
)

// judge decides and journals the decision: from here on the experiment counts.
func (l *Loop) judge(_ context.Context, c *candidate) error {
	switch {
	case c.crash != nil:
		c.judged = results.Crashed(c.crash.class, c.crash.Error())
	case c.number == 0:
		c.judged = results.Judged{Status: results.StatusKeep, Reason: "the baseline"}
	default:
		candidate := results.Outcome{Seeds: []uint64{l.run.Seed}, EvalPPL: c.evaluated.EvalPPL}
		c.judged = results.Decide(c.parentOutcome, candidate).Judged()
	}
	return l.append(results.KindVerdict, c.number, c.judged)
}

// commit puts the experiment into git: on the run's branch when it was kept,
// else under a ref of its own. It may be called again after an interruption.
func (l *Loop) commit(_ context.Context, c *candidate) error {
	ref := workspace.ExperimentRef(l.run.Tag, c.number)
	if c.judged.Status == results.StatusKeep {
		ref = workspace.BranchRef(l.run.Tag)
	}
	commit, err := l.repository.Ref(ref)
	if errors.Is(err, workspace.ErrNoRef) || (err == nil && commit == c.parent) {
		commit, err = l.newCommit(c, ref)
	}
	if err != nil {
		return fmt.Errorf("commit experiment %d: %w", c.number, err)
	}
	return l.append(results.KindCommitted, c.number, results.Committed{Commit: commit, Ref: ref})
}

func (l *Loop) newCommit(c *candidate, ref string) (commit string, err error) {
	commit = l.run.BaseCommit
	if c.number > 0 {
		commit, err = l.repository.Commit(c.parent, c.admissible(), message(c))
		if err != nil {
			return "", err
		}
	}
	return commit, l.repository.SetRef(ref, commit)
}

// admissible is what of the change may stand in a commit: nothing that didn't
// fit or that the guard refused, which the journal alone keeps.
func (c *candidate) admissible() map[string]string {
	if c.crash != nil && (c.crash.class == results.FailureGuard || c.crash.class == results.FailureNoApply) {
		return nil
	}
	return c.changed
}

// publish brings the tables up to date with the journal and shows the outcome.
func (l *Loop) publish(_ context.Context, c *candidate) error {
	if err := l.reload(); err != nil {
		return err
	}
	if err := results.WriteFiles(string(l.folder), l.run, l.experiments); err != nil {
		return err
	}
	l.screen.Say(outcome(l.experiments[c.number], l.folder.Experiment(c.number)))
	return nil
}

// finishDecided commits an experiment whose verdict was journaled just before
// the agent stopped.
func (l *Loop) finishDecided(ctx context.Context) error {
	if len(l.experiments) == 0 {
		return nil
	}
	e := l.experiments[len(l.experiments)-1]
	if e.Stage != results.KindVerdict {
		return nil
	}
	c, err := l.restore(e)
	if err != nil {
		return fmt.Errorf("finish experiment %d: %w", e.Number, err)
	}
	return inOrder(ctx, c, l.commit, l.publish)
}

// restore makes the candidate of a decided experiment from its records.
func (l *Loop) restore(e results.Experiment) (*candidate, error) {
	c := &candidate{
		number: e.Number, parent: e.ParentCommit,
		parentOutcome: results.Outcome{Seeds: e.Seeds, EvalPPL: e.ParentEvalPPL},
		evaluated:     results.Evaluated{EvalPPL: e.EvalPPL, EvalBPB: e.EvalBPB},
		judged:        results.Judged{Status: e.Status, Reason: e.Reason, Failure: e.Failure},
	}
	c.proposal.Description, c.proposal.Hypothesis, c.proposer = e.Description, e.Hypothesis, e.Proposer
	if e.Failure != nil {
		c.crash = &crash{e.Failure.Class, errors.New(e.Failure.Message)}
	}
	if e.Diff == "" || (c.crash != nil && c.admissible() == nil) {
		return c, nil
	}
	var err error
	if c.files, err = l.repository.Files(c.parent, mutableFolder); err != nil {
		return nil, err
	}
	change, err := workspace.ParseReply(e.Diff)
	if err != nil {
		return nil, err
	}
	c.changed, err = workspace.Apply(c.files, change.Edits)
	return c, err
}
