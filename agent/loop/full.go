package loop

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/workspace"
)

// TooGoodError says that exports are better than the full-precision model that they
// were made from, which is more often a mistake or a trick than a discovery: a person
// has to look.
type TooGoodError struct {
	Experiments []int
	Figures     string // What was measured, and where it lies.
}

// Error names what to look at.
func (e *TooGoodError) Error() string {
	names := make([]string, len(e.Experiments))
	for i, number := range e.Experiments {
		names[i] = strconv.Itoa(number)
	}
	return fmt.Sprintf("experiment %s: %s", strings.Join(names, ", "), e.Figures)
}

// measureFull measures the full-precision model that trainings start from, once per
// text: no export may be better. A run that was begun before this was done goes on
// without.
func (l *Loop) measureFull(ctx context.Context, text unseenText) error {
	if l.run.BetterThanFull == "" || l.run.FullPPL(text.name).Valid() {
		return nil
	}
	defer l.hold("the evaluation of the full-precision model")()
	l.screen.Doing("evaluating the full-precision model")
	var answer []byte
	process := workspace.Process{
		Path:   l.folder.Evaluator(),
		Args:   append([]string{"--preset", l.run.Preset, "--backend", l.run.Backend, "--json"}, l.evalTokens()...),
		Env:    l.dataEnv(),
		Dir:    l.repository.Root(),
		OnLine: func(line []byte) { answer = append(answer[:0], line...) },
	}
	if text.file != "" {
		process.Args = append(process.Args, "--eval-text", text.file)
	}
	exit, err := l.runProgram(ctx, process)
	if err == nil && exit.Code != 0 {
		err = exitError(exit, lastWords(exit.Tail, "evaluator: "))
	}
	var measured journal.Evaluated
	if err == nil {
		measured, err = readEvaluation(answer)
	}
	if err != nil {
		return fmt.Errorf("measure the full-precision model: %w", err)
	}
	err = l.append(0, journal.Reference{
		Text: text.name, EvalPPL: measured.EvalPPL, EvalBPB: measured.EvalBPB, TimeS: seconds(exit.Elapsed),
	})
	l.run, _ = l.journal.State()
	return err
}

// exportFlags tell the evaluator what a recipe's export may be: ternary, and with
// biases where the recipe makes such. An evaluator of a run that was begun before
// there were these flags doesn't know them.
func (l *Loop) exportFlags(t *training) []string {
	if l.run.BetterThanFull == "" {
		return nil
	}
	return []string{"--ternary", fmt.Sprintf("--biases=%t", t.biases)}
}

// hasBiases tells whether a recipe's exports have biases: those that Tequila makes of
// dead weights. What the recipe says is read here; nothing is believed that its
// program says. One that can't be read has none.
func hasBiases(files map[string]string) bool {
	all, err := knobs.Parse(files[proposer.RecipeFile])
	return err == nil && slices.ContainsFunc(all, func(knob knobs.Knob) bool {
		return knob.Name == "DeadZoneRecovery" && knob.Value == "tequila"
	})
}

// tooGood is a crash where a candidate's export is better than the full-precision
// model.
func (l *Loop) tooGood(evaluated journal.Evaluated, t *training) error {
	if !l.run.IsTooGood(evaluated.EvalPPL, evaluated.Text) {
		return nil
	}
	return &crash{journal.FailureTooGood, fmt.Errorf(
		"eval_ppl %s on seed %d is lower than the full-precision model's %s; the export is %s; where a text lets fine-tuning beat the pretrained model, start a run with --allow-better-than-full",
		evaluated.EvalPPL, t.seed, l.run.FullPPL(evaluated.Text), t.export())}
}

// stopTooGood ends the run once experiments that are too good were decided in this
// process. The next one goes on.
func (l *Loop) stopTooGood() error {
	if len(l.tooGoods) == 0 {
		return nil
	}
	numbers := slices.Sorted(slices.Values(l.tooGoods))
	return &TooGoodError{numbers, l.known()[numbers[0]].Failure.Message}
}

// noteTooGood has the run end when what is under way is decided, if the experiment is
// too good.
func (l *Loop) noteTooGood(number int) {
	if failure := l.known()[number].Failure; failure != nil && failure.Class == journal.FailureTooGood {
		l.tooGoods = append(l.tooGoods, number)
	}
}

// checkReruns ends the run where a kept experiment is better than the full-precision
// model on a seed and a text. That is known to the journal, so the next process goes
// on.
func (l *Loop) checkReruns(number int, seeds []uint64, texts ...unseenText) error {
	e := l.known()[number]
	for _, seed := range seeds {
		for _, text := range texts {
			trial, _ := e.Trial(seed)
			if ppl := trial.On(text.name); l.run.IsTooGood(ppl, text.name) {
				return &TooGoodError{[]int{number}, fmt.Sprintf(
					"its eval_ppl %s on seed %d and %s is lower than the full-precision model's %s; its export is %s",
					ppl, seed, textInWords(text), l.run.FullPPL(text.name), (&training{folder: l.folder.Trial(number, seed, journal.PairedSeed(l.run, 1))}).export())}
			}
		}
	}
	return nil
}

func textInWords(text unseenText) string {
	if text.name == "" {
		return "the evaluation text"
	}
	return "the text " + text.name
}
