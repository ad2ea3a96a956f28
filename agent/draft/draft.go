package draft

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/edit"
)

// Start is where an experiment begins.
type Start struct {
	Number   int
	Title    string            // How the screen calls it.
	Label    string            // Before its lines, where several share the screen: "#7 ".
	Champion int               // The champion's number.
	Parent   string            // The champion's commit.
	Files    map[string]string // Its mutable files.
	Again    int               // The experiment whose change is tried again; 0 for none.
}

// Draft is the change that an experiment tries.
type Draft struct {
	Proposer    string // Its name in records.
	Description string
	Hypothesis  string
	Attempts    int
	Changed     map[string]string // The files that it changes.
	Diff        string
	Recipe      string // Fingerprint of the mutable files with the change.
}

// Source is the mutable files with the change.
func (d Draft) Source(start Start) map[string]string {
	files := maps.Clone(start.Files)
	maps.Copy(files, d.Changed)
	return files
}

// baseline is the run's recipe as it is.
func baseline(start Start) Draft {
	return Draft{
		Proposer: "baseline", Description: "baseline", Hypothesis: "The recipe as it is.",
		Recipe: edit.Fingerprint(start.Files),
	}
}

// journaled is the draft of an experiment that has got as far as that. Of what was
// refused there is no change.
func journaled(start Start, e journal.Experiment) (Draft, error) {
	draft := Draft{
		Proposer: e.Proposer, Description: e.Description, Hypothesis: e.Hypothesis,
		Attempts: e.Attempts, Diff: e.Diff, Recipe: e.Recipe,
	}
	if e.Diff == "" {
		return draft, nil
	}
	change, err := edit.ParseReply(e.Diff)
	if err != nil {
		return draft, err
	}
	draft.Changed, err = edit.Apply(start.Files, change.Edits)
	return draft, err
}

// retries is how often a refused change goes back to the proposer.
const retries = 3

// Drafter makes drafts of what a proposer answers.
type Drafter struct {
	bench    *bench.Bench
	proposer proposer.Proposer
	refusals map[int][]string // by champion, what one knob away from it would be refused
}

// New returns a drafter for a run.
func New(b *bench.Bench, p proposer.Proposer) *Drafter {
	return &Drafter{bench: b, proposer: p, refusals: map[int][]string{}}
}

// Draft asks for a change until one is accepted and built. A refusal goes back to the
// proposer as feedback, a few times; then it is the fault that is returned, with the
// draft.
func (d *Drafter) Draft(ctx context.Context, start Start) (Draft, lab.Program, error) {
	var feedback []proposer.Attempt
	for attempt := 1; ; attempt++ {
		answer, err := d.ask(ctx, start, attempt, feedback)
		if err != nil {
			return Draft{}, lab.Program{}, err
		}
		draft, program, err := d.accept(ctx, start, attempt, answer)
		refused := lab.AsFault(err)
		if refused == nil {
			return draft, program, err
		}
		if len(feedback) == retries || !inWords(answer) {
			if err := note(d.bench, start, draft); err != nil { // so that the experiment has a description
				return draft, program, err
			}
			return draft, program, refused
		}
		d.bench.Observer.Say(fmt.Sprintf("  %srefused (%s), asking again:%s", start.Label, refused.Class, line.Glance(refused)))
		feedback = append(feedback, proposer.Attempt{Reply: answer.Reply, Problem: refused.Error()})
	}
}

// accept takes an answer through all that a change must pass before it is trained.
func (d *Drafter) accept(ctx context.Context, start Start, attempt int, answer journal.Answer) (Draft, lab.Program, error) {
	draft := Draft{Proposer: answer.Proposer, Description: answer.Description, Hypothesis: answer.Hypothesis, Attempts: attempt}
	if answer.Problem != "" {
		return draft, lab.Program{}, fault(journal.FailureNoApply, errors.New(answer.Problem))
	}
	err := d.survive(start.Number, attempt, func() (err error) {
		draft.Changed, err = d.apply(ctx, start, answer.Edits)
		draft.Diff = edit.UnifiedDiff(start.Files, draft.Changed)
		if draft.Changed != nil {
			err = errors.Join(writeDiff(d.bench, start.Number, draft.Diff), err)
		}
		return err
	})
	if err != nil {
		return draft, lab.Program{}, err
	}
	draft.Recipe = edit.Fingerprint(draft.Source(start))
	if err := isNew(draft, d.bench.Record.Experiments()[:start.Number]); err != nil {
		return draft, lab.Program{}, err
	}
	program, err := Build(ctx, d.bench, start, draft)
	return draft, program, err
}

// fault is one of a proposal.
func fault(class journal.FailureClass, err error) error {
	return &lab.FaultError{Class: lab.Class(class), Err: err}
}

// apply puts edits into the champion's files, as gofmt would have them. What is too
// large isn't looked at any further. Changes of the mutable files alone pass. Files
// that aren't Go are returned with the fault.
func (d *Drafter) apply(ctx context.Context, start Start, edits []edit.Edit) (map[string]string, error) {
	if err := edit.GuardEdits(start.Files, edits); err != nil {
		return nil, fault(journal.FailureGuard, err)
	}
	changed, err := edit.Apply(start.Files, edits)
	if err != nil {
		return nil, fault(journal.FailureNoApply, err)
	}
	base, err := d.bench.Repository.MutableFiles(d.bench.Record.Run().BaseCommit)
	if err != nil {
		return nil, err
	}
	if err := edit.GuardSize(base, start.Files, changed); err != nil {
		return nil, fault(journal.FailureGuard, err)
	}
	formatted, err := d.bench.Lab.Format(ctx, changed)
	if err != nil {
		return changed, err
	}
	if err := edit.Guard(start.Files, formatted); err != nil {
		return formatted, fault(journal.FailureGuard, err)
	}
	return formatted, nil
}

// isNew refuses a recipe that was tried before, or is being tried: whatever it is
// called and however it came about.
func isNew(draft Draft, before []journal.Experiment) error {
	for _, e := range before {
		if e.Recipe != draft.Recipe || (e.Failure != nil && e.Failure.Class == journal.FailureDuplicate) {
			continue
		}
		outcome := "which is being tried now"
		if e.Status != journal.StatusRunning {
			outcome = fmt.Sprintf("a %s: %s", e.Status, e.Reason)
		}
		return fault(journal.FailureDuplicate, fmt.Errorf("with this change the recipe is that of experiment %d, %s; propose another change", e.Number, outcome))
	}
	return nil
}

// Build journals a draft and builds its program, as far as that wasn't done before an
// interruption.
func Build(ctx context.Context, b *bench.Bench, start Start, draft Draft) (lab.Program, error) {
	if err := note(b, start, draft); err != nil {
		return lab.Program{}, err
	}
	if program, ok := built(b, start.Number); ok {
		return program, nil
	}
	if err := b.MayBegin(ctx); err != nil {
		return lab.Program{}, err
	}
	defer b.Working(fmt.Sprintf("building experiment %d", start.Number))()
	b.Observer.Doing(start.Title + " · building: " + draft.Description)
	started := time.Now()
	program, err := b.Lab.Build(ctx, lab.Recipe{Name: lab.ForExperiment(start.Number), Commit: start.Parent, Changed: draft.Changed})
	if err != nil {
		return program, err
	}
	sum, err := program.Checksum()
	if err != nil {
		return program, err
	}
	return program, b.Record.Append(start.Number, journal.Built{TimeS: table.Measure(time.Since(started).Seconds()), SHA256: sum})
}

// built returns an experiment's program, if it is what was built of it.
func built(b *bench.Bench, number int) (lab.Program, bool) {
	program, ok := b.Lab.Find(lab.ForExperiment(number))
	if !ok {
		return program, false
	}
	sum, err := program.Checksum()
	return program, err == nil && sum == b.Record.Experiments()[number].Trainer
}

// note journals the change that is being tried, unless it is there.
func note(b *bench.Bench, start Start, draft Draft) error {
	e := b.Record.Experiments()[start.Number]
	if e.Proposer == draft.Proposer && e.Attempts == draft.Attempts && e.Diff == draft.Diff {
		return nil
	}
	return b.Record.Append(start.Number, journal.Proposal{
		Hypothesis: ownWords(draft.Hypothesis), Description: ownWords(draft.Description), Proposer: draft.Proposer,
		Diff: draft.Diff, Recipe: draft.Recipe, Attempts: draft.Attempts,
	})
}

// writeDiff keeps an experiment's change where people look for its files.
func writeDiff(b *bench.Bench, number int, diff string) error {
	file := filepath.Join(b.Folder.Experiment(number), "diff.patch")
	if err := os.WriteFile(file, []byte(diff), 0o644); err != nil {
		return fmt.Errorf("write the diff: %w", err)
	}
	return nil
}
