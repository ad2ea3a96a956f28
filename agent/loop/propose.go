package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ternlab/ternlab/agent/lab"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace"
)

// retries is how often a refused change goes back to the proposer.
const retries = 3

// accepted runs the stages that a change must pass before it is trained. A
// refusal goes back to the proposer as feedback, a few times; then it is the
// experiment's outcome.
func (l *Loop) accepted(stages ...stage) stage {
	return func(ctx context.Context, c *candidate) error {
		if c.settled {
			return l.build(ctx, c)
		}
		for {
			err := inOrder(ctx, c, stages...)
			refused := asCrash(err)
			if refused == nil {
				return err
			}
			if len(c.feedback) == retries || !c.answer.inWords() {
				return errors.Join(l.note(c), refused) // so that the experiment has a description
			}
			l.screen.Say(fmt.Sprintf("  %srefused (%s), asking again:%s", c.label, refused.class, glance(refused)))
			c.feedback = append(c.feedback, proposer.Attempt{Reply: c.answer.Reply, Problem: refused.Error()})
		}
	}
}

// propose asks for one change.
func (l *Loop) propose(ctx context.Context, c *candidate) error {
	c.attempts++
	c.changed, c.diff, c.recipe = nil, "", ""
	said, err := l.said(ctx, c)
	if err != nil {
		return err
	}
	c.answer = answer(said)
	c.proposal, c.proposer = c.answer.proposal(), said.Proposer
	if said.Problem != "" {
		return &crash{journal.FailureNoApply, errors.New(said.Problem)}
	}
	return nil
}

// said is what the proposer answers to the candidate's attempt, or did before an
// interruption.
func (l *Loop) said(ctx context.Context, c *candidate) (journal.Answer, error) {
	known := l.record.Experiments()
	if before := known[c.number].Answers; c.attempts <= len(before) {
		return before[c.attempts-1], nil
	}
	if c.again > 0 {
		return l.sayAgain(c, known[c.again])
	}
	if err := l.mayBegin(ctx); err != nil {
		return journal.Answer{}, err
	}
	defer l.hold("asking " + l.proposer.Name() + " for a change")()
	l.screen.Doing(c.title + " · asking " + l.proposer.Name() + " for a change")
	brief, err := l.program()
	if err != nil {
		return journal.Answer{}, err
	}
	proposal, err := l.proposer.Propose(ctx, proposer.Context{
		Program: brief, Files: c.files, Experiments: toldOf(known[:c.number]),
		Steps: l.record.Run().Steps, Feedback: c.feedback, Seed: l.record.Run().Seed, Number: c.number,
		Spend:   func(cost journal.Spent) error { return l.spend(c.number, cost) },
		Refused: func(ctx context.Context) ([]string, error) { return l.refused(ctx, c) },
	})
	said, err := newAnswer(proposal, err)
	if err != nil {
		return said, err
	}
	said = l.record.CleanAnswer(said)
	said.Attempt = c.attempts
	said.Proposer = cmp.Or(said.Proposer, nameIn(l.proposer.Name())) // a model's name may be known only once it answered
	return said, l.record.Append(c.number, said)
}

// toldOf is what a proposer is told of earlier experiments: of those under way, what
// they try and no more.
func toldOf(known []journal.Experiment) []journal.Experiment {
	told := slices.Clone(known)
	for i := range told {
		if told[i].Status == journal.StatusRunning {
			told[i].EvalPPL, told[i].EvalBPB, told[i].Points, told[i].Trials = table.Missing(), table.Missing(), nil, nil
		}
	}
	return told
}

// sayAgain answers with the change of an earlier experiment.
func (l *Loop) sayAgain(c *candidate, e journal.Experiment) (journal.Answer, error) {
	edits, err := onTop(c.files, e.Diff)
	if err != nil {
		return journal.Answer{}, fmt.Errorf("try the change of experiment %d again: %w", e.Number, err)
	}
	said, err := newAnswer(proposer.Proposal{
		Proposer: e.Proposer, Hypothesis: e.Hypothesis, Description: e.Description, Edits: edits,
	}, nil)
	if err != nil {
		return said, err
	}
	said.Attempt = c.attempts
	return said, l.record.Append(c.number, said)
}

// onTop is the change of a diff as edits of files that others have changed
// meanwhile.
func onTop(files map[string]string, diff string) ([]workspace.Edit, error) {
	change, err := workspace.ParseReply(diff)
	if err != nil {
		return nil, err
	}
	if _, err := workspace.Apply(files, change.Edits); err == nil {
		return change.Edits, nil
	}
	bare := withoutContext(change.Edits) // neighbouring lines may have changed
	_, err = workspace.Apply(files, bare)
	return bare, err
}

// apply puts the edits into the champion's files, as gofmt would have them. What is
// too large isn't looked at any further.
func (l *Loop) apply(ctx context.Context, c *candidate) error {
	if err := workspace.GuardEdits(c.files, c.proposal.Edits); err != nil {
		return &crash{journal.FailureGuard, err}
	}
	changed, err := workspace.Apply(c.files, c.proposal.Edits)
	if err != nil {
		return &crash{journal.FailureNoApply, err}
	}
	base, err := l.repository.MutableFiles(l.record.Run().BaseCommit)
	if err != nil {
		return err
	}
	if err := workspace.GuardSize(base, c.files, changed); err != nil {
		return &crash{journal.FailureGuard, err}
	}
	formatted, err := l.lab.Format(ctx, changed)
	if err != nil && lab.AsFault(err) == nil {
		return err
	}
	if err == nil {
		changed = formatted
	}
	c.changed, c.diff = changed, workspace.UnifiedDiff(c.files, changed)
	if err := l.writeDiff(c); err != nil {
		return err
	}
	return err
}

// guard lets only changes of the mutable files through.
func (l *Loop) guard(_ context.Context, c *candidate) error {
	if err := workspace.Guard(c.files, c.changed); err != nil {
		return &crash{journal.FailureGuard, err}
	}
	return nil
}

// isNew refuses a recipe that was tried before, or is being tried: whatever it is
// called and however it came about.
func (l *Loop) isNew(_ context.Context, c *candidate) error {
	c.recipe = fingerprint(c)
	for _, e := range l.record.Experiments()[:c.number] {
		if e.Recipe != c.recipe || (e.Failure != nil && e.Failure.Class == journal.FailureDuplicate) {
			continue
		}
		outcome := "which is being tried now"
		if e.Status != journal.StatusRunning {
			outcome = fmt.Sprintf("a %s: %s", e.Status, e.Reason)
		}
		return &crash{journal.FailureDuplicate, fmt.Errorf("with this change the recipe is that of experiment %d, %s; propose another change", e.Number, outcome)}
	}
	return nil
}

// fingerprint is that of the candidate's whole recipe.
func fingerprint(c *candidate) string {
	files := maps.Clone(c.files)
	maps.Copy(files, c.changed)
	return workspace.Fingerprint(files)
}

// unchanged is the baseline's proposal.
func (l *Loop) unchanged(_ context.Context, c *candidate) error {
	c.title, c.proposer, c.recipe = "experiment 0", "baseline", fingerprint(c)
	c.proposal = proposer.Proposal{Description: "baseline", Hypothesis: "The recipe as it is."}
	return nil
}

// build compiles the candidate's trainer in the run's working copy, unless that
// was done before an interruption.
func (l *Loop) build(ctx context.Context, c *candidate) error {
	if err := l.note(c); err != nil {
		return err
	}
	if program, ok := l.isBuilt(c.number); ok {
		c.program = program
		return nil
	}
	if err := l.mayBegin(ctx); err != nil {
		return err
	}
	defer l.hold(fmt.Sprintf("building experiment %d", c.number))()
	l.screen.Doing(c.title + " · building: " + c.proposal.Description)
	started := time.Now()
	var err error
	c.program, err = l.lab.Build(ctx, lab.Recipe{Name: lab.ForExperiment(c.number), Commit: c.parent, Changed: c.changed})
	if err != nil {
		return err
	}
	sum, err := c.program.Checksum()
	if err != nil {
		return err
	}
	return l.record.Append(c.number, journal.Built{TimeS: seconds(time.Since(started)), SHA256: sum})
}

// isBuilt returns the experiment's program, if it is what was built of it.
func (l *Loop) isBuilt(number int) (lab.Program, bool) {
	program, ok := l.lab.Find(lab.ForExperiment(number))
	if !ok {
		return program, false
	}
	sum, err := program.Checksum()
	return program, err == nil && sum == l.record.Experiments()[number].Trainer
}

// note journals the change that is being tried, unless it is there.
func (l *Loop) note(c *candidate) error {
	if e := l.record.Experiments()[c.number]; e.Proposer == c.proposer && e.Attempts == c.attempts && e.Diff == c.diff {
		return nil
	}
	return l.record.Append(c.number, journal.Proposal{
		Hypothesis: ownWords(c.proposal.Hypothesis), Description: ownWords(c.proposal.Description), Proposer: c.proposer,
		Diff: c.diff, Recipe: c.recipe, Attempts: c.attempts,
	})
}

// writeDiff keeps the change where people look for an experiment's files.
func (l *Loop) writeDiff(c *candidate) error {
	file := filepath.Join(l.folder.Experiment(c.number), "diff.patch")
	if err := os.WriteFile(file, []byte(c.diff), 0o644); err != nil {
		return fmt.Errorf("write the diff: %w", err)
	}
	return nil
}
