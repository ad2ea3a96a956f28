package check

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/reapply"
	"github.com/ternlab/ternlab/agent/trials"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

// Confirm measures baseline and champion on fresh seeds, on the evaluation text and
// on one that nobody knew when the champion was chosen, as far as that wasn't done
// before. Then it reveals a secret text.
func Confirm(ctx context.Context, b *bench.Bench, seeds int) error {
	champion, ok := journal.Best(b.Record.Experiments())
	if !ok || champion.Number == 0 || seeds == 0 {
		return nil // there is nothing to confirm, or nobody wants to know
	}
	found, done := journal.Confirm(b.Record.Run(), b.Record.Experiments(), seeds)
	if done && b.Settings.UnseenText == "" {
		return b.Texts.Reveal(ctx, found.Unseen)
	}
	if err := b.Prepare(ctx); err != nil {
		return err
	}
	if b.Settings.UnseenText != "" {
		if err := b.Texts.FixPrivate(ctx); err != nil {
			return err
		}
	}
	if !done {
		if err := HoldToFigures(ctx, b, true); err != nil {
			return err
		}
		if champion, _ = journal.Best(b.Record.Experiments()); champion.Number == 0 {
			b.Observer.Say("no change is left to confirm")
			return nil
		}
	}
	text, err := b.Texts.For(ctx, champion.Number)
	if err != nil || (done && found.Text == text.Name) {
		return err
	}
	for _, text := range []lab.Text{{}, text} {
		if err := trials.Of(b).MeasureFull(ctx, text); err != nil {
			return err
		}
	}
	b.Observer.Say(fmt.Sprintf("final check: baseline and champion on %d fresh seeds", seeds))
	for k := 1; k <= seeds; k++ {
		for _, number := range []int{0, champion.Number} {
			if err := trials.Of(b).Rerun(ctx, number, journal.FreshSeed(b.Record.Run(), k), text); err != nil {
				return err
			}
		}
	}
	if err := b.Lab.CheckSeal(); err != nil {
		return err
	}
	found, _ = journal.Confirm(b.Record.Run(), b.Record.Experiments(), seeds)
	if err := b.Texts.Reveal(ctx, found.Unseen); err != nil {
		return err
	}
	return trials.Of(b).CheckReruns(champion.Number, found.Seeds, lab.Text{}, text)
}

// Ablate measures the champion without each of the kept changes in turn, on
// fresh seeds, as far as that wasn't done before.
func Ablate(ctx context.Context, b *bench.Bench, seeds int) error {
	champion, ok := journal.Best(b.Record.Experiments())
	if !ok || champion.Number == 0 {
		return nil
	}
	if err := b.Prepare(ctx); err != nil {
		return err
	}
	text := b.Texts.Holdout()
	if found, _ := journal.Confirm(b.Record.Run(), b.Record.Experiments(), seeds); found.Unseen != nil { // as [Confirm] left it
		var err error
		if text, err = b.Texts.Ready(ctx, *found.Unseen); err != nil {
			return err
		}
	}
	for _, e := range b.Record.Experiments() {
		if e.Number == 0 || !e.Status.Kept() {
			continue
		}
		for k := 1; k <= seeds; k++ {
			if err := ablate(ctx, b, champion, e.Number, journal.FreshSeed(b.Record.Run(), k), text); err != nil {
				return err
			}
		}
	}
	return nil
}

// ablate measures the champion without one change on one seed.
func ablate(ctx context.Context, b *bench.Bench, champion journal.Experiment, number int, seed uint64, text lab.Text) error {
	e := b.Record.Experiments()[number]
	if _, done := e.Ablation(champion.Number, seed, text.Name); done || hasProblem(e, champion.Number) {
		return nil
	}
	if err := b.MayBegin(ctx); err != nil {
		return err
	}
	defer b.Working(fmt.Sprintf("the training of the champion without experiment %d", number))()
	b.Observer.Say(fmt.Sprintf("  the champion without experiment %d, on seed %d", number, seed))
	ablated := journal.Ablated{Champion: champion.Number, Seed: seed, Text: text.Name, EvalPPL: table.Missing(), TimeS: table.Missing()}
	err := measureWithout(ctx, b, champion, e, text, &ablated)
	if failed := lab.AsFault(err); failed != nil {
		ablated.Problem, err = failed.Error(), nil
	}
	if err != nil {
		return err
	}
	return b.Record.Append(number, ablated)
}

// hasProblem tells whether a change was found not to be removable.
func hasProblem(e journal.Experiment, champion int) bool {
	return slices.ContainsFunc(e.Ablations, func(a journal.Ablated) bool {
		return a.Champion == champion && a.Problem != ""
	})
}

func measureWithout(ctx context.Context, b *bench.Bench, champion, e journal.Experiment, text lab.Text, ablated *journal.Ablated) error {
	program, err := buildWithout(ctx, b, champion, e)
	if err != nil {
		return err
	}
	spec := trials.Of(b).Spec(0, ablated.Seed, nil, lab.Share{})
	spec.Folder = filepath.Join(b.Folder.Experiment(e.Number), fmt.Sprintf("without-%d", ablated.Seed))
	spec.Biases = true // the change may have been theirs; no verdict rests on it
	spec.Texts = []lab.Text{text}
	spec.Reporter = trials.Of(b).Training(e.Number, ablated.Seed, "")
	trial, err := trials.Of(b).Try(ctx, program, spec, ablated.Seed, trials.Allotted{Before: tokensWithout(e, champion.Number)}, func(journal.Trained) error { return nil })
	if err != nil {
		return err
	}
	evaluated := trial.Evaluations[0]
	ablated.EvalPPL, ablated.TimeS = table.Measure(evaluated.EvalPPL), trial.TimeS+evaluated.TimeS
	ablated.Tokens, ablated.FLOPs = trial.Tokens, trial.FLOPs
	return nil
}

// tokensWithout is how many tokens the champion without a change was trained on, on
// another seed; 0 where it wasn't.
func tokensWithout(e journal.Experiment, champion int) int {
	for _, ablated := range e.Ablations {
		if ablated.Champion == champion && ablated.Tokens > 0 {
			return ablated.Tokens
		}
	}
	return 0
}

// buildWithout builds the champion's trainer with one change taken back. It is a
// crash where later changes stand on it.
func buildWithout(ctx context.Context, b *bench.Bench, champion, e journal.Experiment) (lab.Program, error) {
	files, err := b.Repository.MutableFiles(champion.Commit)
	if err != nil {
		return lab.Program{}, err
	}
	changed, err := reapply.TakenBack(files, e.Diff)
	if err != nil {
		return lab.Program{}, &lab.FaultError{Class: lab.Class(journal.FailureNoApply), Err: err}
	}
	program, err := b.Lab.Build(ctx, lab.Recipe{Name: "ablated", Commit: champion.Commit, Changed: changed})
	if fault := lab.AsFault(err); fault != nil && fault.Class == lab.NoBuild {
		return program, &lab.FaultError{Class: lab.Class(journal.FailureNoBuild), Err: errors.New("the champion doesn't build without it")}
	}
	return program, err
}
