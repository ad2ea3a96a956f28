package check

import (
	"context"
	"fmt"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/branch"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/trials"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

// HoldToFigures sees to it that the champion's figure is what it was: it is trained
// again on a seed that it was measured on, once before others are compared with it on
// further seeds, once for the final check. One whose figure differs is withdrawn, and
// the champion before it is held to its own.
func HoldToFigures(ctx context.Context, b *bench.Bench, final bool) error {
	for {
		champion, ok := journal.Best(b.Record.Experiments())
		if !ok || champion.Number == 0 || !b.Record.Run().Rule.Sequential() {
			return nil
		}
		var err error
		switch journal.RepetitionOf(b.Record.Experiments(), champion.Number, final) {
		case journal.Repeats:
			return nil
		case journal.NotRepeated:
			err = repeat(ctx, b, champion.Number, champion.Number, final)
		case journal.NeedsBaseline:
			err = repeatBaseline(ctx, b, champion.Number, final)
		case journal.Differs:
			err = withdraw(b, champion, final)
		}
		if err != nil {
			return err
		}
	}
}

// repeatBaseline measures the baseline again, to tell whether the machine gives the
// same figure twice.
func repeatBaseline(ctx context.Context, b *bench.Bench, champion int, final bool) error {
	b.Observer.Say("  " + bench.NameOf(champion) + "'s figure isn't what it was; the baseline shows whether this machine's are")
	if err := repeat(ctx, b, 0, champion, final); err != nil {
		return err
	}
	if journal.RepetitionOf(b.Record.Experiments(), champion, final) == journal.Repeats {
		b.Observer.Say("  the baseline's isn't either: machine and backend don't give the same twice, so figures may differ by as much as noise explains")
	}
	return nil
}

// repeat measures a kept experiment again for a champion's sake, on a seed that it was
// measured on: on as many processors as then.
func repeat(ctx context.Context, b *bench.Bench, number, champion int, final bool) error {
	if err := b.MayBegin(ctx); err != nil {
		return err
	}
	known := b.Record.Experiments()
	e := known[number]
	seed := journal.RepeatSeed(b.Record.Run(), e, final)
	defer b.Working(fmt.Sprintf("the training of %s on seed %d", bench.NameOf(number), seed))()
	b.Observer.Say(fmt.Sprintf("  %s on seed %d once more, to see whether its figure is the same", bench.NameOf(number), seed))
	files, err := b.Repository.MutableFiles(e.Commit)
	if err != nil {
		return err
	}
	rival, _ := known[champion].Trial(journal.RepeatSeed(b.Record.Run(), known[champion], final))
	spec := trials.Of(b).Spec(number, seed, files, lab.Share{Of: rival.Abreast})
	spec.Texts = []lab.Text{{}}
	again := journal.Repeated{For: champion, Final: final, Seed: seed, EvalPPL: table.Missing(), TimeS: table.Missing()}
	again.EvalPPL, again.TimeS, err = figureOf(ctx, b, e, seed, spec)
	if fault := lab.AsFault(err); fault != nil {
		again.Problem, err = fault.Error(), nil
	}
	if err != nil {
		return err
	}
	return b.Record.Append(number, again)
}

// figureOf trains a kept recipe once more and measures its export. Nothing of that is
// journaled.
func figureOf(ctx context.Context, b *bench.Bench, e journal.Experiment, seed uint64, spec lab.Spec) (ppl, timeS table.Measure, err error) {
	program, err := trials.Of(b).ProgramOf(ctx, e.Commit)
	if err != nil {
		return table.Missing(), table.Missing(), err
	}
	spec.Reporter = trials.Of(b).Training(e.Number, seed, "")
	trial, err := trials.Of(b).Try(ctx, program, spec, seed, trials.Of(b).AllottedTo(e.Number), func(journal.Trained) error { return nil })
	if err != nil {
		return table.Missing(), table.Missing(), err
	}
	evaluated := trial.Evaluations[0]
	return table.Measure(evaluated.EvalPPL), trial.TimeS + evaluated.TimeS, nil
}

// withdraw takes a champion back.
func withdraw(b *bench.Bench, e journal.Experiment, final bool) error {
	if err := b.Lab.CheckSeal(); err != nil {
		return err
	}
	known := b.Record.Experiments()
	withdrawn := journal.Withdraw(b.Record.Run(), known, e.Number, final)
	if err := b.Record.Append(e.Number, withdrawn); err != nil {
		return err
	}
	return branch.Of(b).TakeBack(b.Record.Experiments()[e.Number])
}
