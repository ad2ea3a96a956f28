package loop

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/agent/lab"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace"
)

// Confirm measures baseline and champion on fresh seeds, on the evaluation text and
// on one that nobody knew when the champion was chosen, as far as that wasn't done
// before. Then it reveals a secret text.
func (l *Loop) Confirm(ctx context.Context, seeds int) error {
	champion, ok := journal.Best(l.record.Experiments())
	if !ok || champion.Number == 0 || seeds == 0 {
		return nil // there is nothing to confirm, or nobody wants to know
	}
	found, done := journal.Confirm(l.record.Run(), l.record.Experiments(), seeds)
	if done && l.settings.UnseenText == "" {
		return l.reveal(ctx, found.Unseen)
	}
	if err := l.prepareOnce(ctx); err != nil {
		return err
	}
	if l.settings.UnseenText != "" {
		if err := l.fixPrivate(ctx); err != nil {
			return err
		}
	}
	if !done {
		if err := l.holdToFigures(ctx, true); err != nil {
			return err
		}
		if champion, _ = journal.Best(l.record.Experiments()); champion.Number == 0 {
			l.screen.Say("no change is left to confirm")
			return nil
		}
	}
	text, err := l.textFor(ctx, champion.Number)
	if err != nil || (done && found.Text == text.Name) {
		return err
	}
	for _, text := range []lab.Text{{}, text} {
		if err := l.measureFull(ctx, text); err != nil {
			return err
		}
	}
	l.screen.Say(fmt.Sprintf("final check: baseline and champion on %d fresh seeds", seeds))
	for k := 1; k <= seeds; k++ {
		for _, number := range []int{0, champion.Number} {
			if err := l.rerun(ctx, number, journal.FreshSeed(l.record.Run(), k), text); err != nil {
				return err
			}
		}
	}
	if err := l.lab.CheckSeal(); err != nil {
		return err
	}
	found, _ = journal.Confirm(l.record.Run(), l.record.Experiments(), seeds)
	if err := l.reveal(ctx, found.Unseen); err != nil {
		return err
	}
	return l.checkReruns(champion.Number, found.Seeds, lab.Text{}, text)
}

// Ablate measures the champion without each of the kept changes in turn, on
// fresh seeds, as far as that wasn't done before.
func (l *Loop) Ablate(ctx context.Context, seeds int) error {
	champion, ok := journal.Best(l.record.Experiments())
	if !ok || champion.Number == 0 {
		return nil
	}
	if err := l.prepareOnce(ctx); err != nil {
		return err
	}
	text := l.holdout()
	if found, _ := journal.Confirm(l.record.Run(), l.record.Experiments(), seeds); found.Unseen != nil { // as [Loop.Confirm] left it
		var err error
		if text, err = l.ready(ctx, *found.Unseen); err != nil {
			return err
		}
	}
	for _, e := range l.record.Experiments() {
		if e.Number == 0 || !e.Status.Kept() {
			continue
		}
		for k := 1; k <= seeds; k++ {
			if err := l.ablate(ctx, champion, e.Number, journal.FreshSeed(l.record.Run(), k), text); err != nil {
				return err
			}
		}
	}
	return nil
}

// ablate measures the champion without one change on one seed.
func (l *Loop) ablate(ctx context.Context, champion journal.Experiment, number int, seed uint64, text lab.Text) error {
	e := l.record.Experiments()[number]
	if _, done := e.Ablation(champion.Number, seed, text.Name); done || hasProblem(e, champion.Number) {
		return nil
	}
	if err := l.mayBegin(ctx); err != nil {
		return err
	}
	defer l.hold(fmt.Sprintf("the training of the champion without experiment %d", number))()
	l.screen.Say(fmt.Sprintf("  the champion without experiment %d, on seed %d", number, seed))
	ablated := journal.Ablated{Champion: champion.Number, Seed: seed, Text: text.Name, EvalPPL: table.Missing(), TimeS: table.Missing()}
	err := l.measureWithout(ctx, champion, e, text, &ablated)
	if failed := asCrash(err); failed != nil {
		ablated.Problem, err = failed.Error(), nil
	}
	if err != nil {
		return err
	}
	return l.record.Append(number, ablated)
}

// hasProblem tells whether a change was found not to be removable.
func hasProblem(e journal.Experiment, champion int) bool {
	return slices.ContainsFunc(e.Ablations, func(a journal.Ablated) bool {
		return a.Champion == champion && a.Problem != ""
	})
}

func (l *Loop) measureWithout(ctx context.Context, champion, e journal.Experiment, text lab.Text, ablated *journal.Ablated) error {
	program, err := l.buildWithout(ctx, champion, e)
	if err != nil {
		return err
	}
	spec := l.spec(0, ablated.Seed, nil, lab.Share{})
	spec.Folder = filepath.Join(l.folder.Experiment(e.Number), fmt.Sprintf("without-%d", ablated.Seed))
	spec.Biases = true // the change may have been theirs; no verdict rests on it
	spec.Texts = []lab.Text{text}
	spec.Reporter = l.screen.Training(l.record.Run().Steps, "")
	trial, err := l.try(ctx, program, spec, ablated.Seed, allotted{before: tokensWithout(e, champion.Number)}, func(journal.Trained) error { return nil })
	if err != nil {
		return err
	}
	evaluated := trial.Evaluations[0]
	ablated.EvalPPL, ablated.TimeS = evaluated.EvalPPL, trial.TimeS+evaluated.TimeS
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
func (l *Loop) buildWithout(ctx context.Context, champion, e journal.Experiment) (lab.Program, error) {
	files, err := l.repository.MutableFiles(champion.Commit)
	if err != nil {
		return lab.Program{}, err
	}
	change, err := workspace.ParseReply(e.Diff)
	if err != nil {
		return lab.Program{}, &crash{journal.FailureNoApply, err}
	}
	back := reversed(change.Edits)
	changed, err := workspace.Apply(files, back)
	if err != nil { // neighbouring lines may have changed since
		changed, err = workspace.Apply(files, withoutContext(back))
	}
	if err != nil {
		return lab.Program{}, &crash{journal.FailureNoApply, errors.New("later changes stand on it, so it can't be taken out alone")}
	}
	program, err := l.lab.Build(ctx, lab.Recipe{Name: "ablated", Commit: champion.Commit, Changed: changed})
	if fault := lab.AsFault(err); fault != nil && fault.Class == lab.NoBuild {
		return program, &crash{journal.FailureNoBuild, errors.New("the champion doesn't build without it")}
	}
	return program, err
}

// reversed are the edits that take edits back.
func reversed(edits []workspace.Edit) []workspace.Edit {
	back := slices.Clone(edits)
	slices.Reverse(back)
	for i := range back {
		back[i].Search, back[i].Replace = back[i].Replace, back[i].Search
	}
	return back
}

// withoutContext are edits without the unchanged lines around them, as far as
// something to search for is left.
func withoutContext(edits []workspace.Edit) []workspace.Edit {
	bare := slices.Clone(edits)
	for i := range bare {
		search, replace := strings.SplitAfter(bare[i].Search, "\n"), strings.SplitAfter(bare[i].Replace, "\n")
		for len(search) > 1 && len(replace) > 0 && search[0] == replace[0] {
			search, replace = search[1:], replace[1:]
			bare[i].Line++
		}
		for len(search) > 1 && len(replace) > 0 && search[len(search)-1] == replace[len(replace)-1] {
			search, replace = search[:len(search)-1], replace[:len(replace)-1]
		}
		bare[i].Search, bare[i].Replace = strings.Join(search, ""), strings.Join(replace, "")
	}
	return bare
}
