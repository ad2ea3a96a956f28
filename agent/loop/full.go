package loop

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/agent/lab"

	"github.com/ternlab/ternlab/results/journal"
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
func (l *Loop) measureFull(ctx context.Context, text lab.Text) error {
	if l.record.Run().BetterThanFull == "" || l.record.Run().FullPPL(text.Name).Valid() {
		return nil
	}
	defer l.hold("the evaluation of the full-precision model")()
	measured, err := l.lab.MeasureFull(ctx, text)
	if err != nil {
		return err
	}
	err = l.record.Append(0, journal.Reference{Text: text.Name, EvalPPL: measured.EvalPPL, EvalBPB: measured.EvalBPB, TimeS: measured.TimeS})
	return err
}

// tooGood is a crash where what was measured of an export is better than the
// full-precision model.
func tooGood(run journal.Run, evaluated journal.Evaluated, export string) error {
	if !run.IsTooGood(evaluated.EvalPPL, evaluated.Text) {
		return nil
	}
	return &crash{journal.FailureTooGood, fmt.Errorf(
		"eval_ppl %s on seed %d is lower than the full-precision model's %s; the export is %s; where a text lets fine-tuning beat the pretrained model, start a run with --allow-better-than-full",
		evaluated.EvalPPL, evaluated.Seed, run.FullPPL(evaluated.Text), export)}
}

// stopTooGood ends the run once experiments that are too good were decided in this
// process. The next one goes on.
func (l *Loop) stopTooGood() error {
	if len(l.tooGoods) == 0 {
		return nil
	}
	numbers := slices.Sorted(slices.Values(l.tooGoods))
	return &TooGoodError{numbers, l.record.Experiments()[numbers[0]].Failure.Message}
}

// noteTooGood has the run end when what is under way is decided, if the experiment is
// too good.
func (l *Loop) noteTooGood(number int) {
	if failure := l.record.Experiments()[number].Failure; failure != nil && failure.Class == journal.FailureTooGood {
		l.tooGoods = append(l.tooGoods, number)
	}
}

// checkReruns ends the run where a kept experiment is better than the full-precision
// model on a seed and a text. That is known to the journal, so the next process goes
// on.
func (l *Loop) checkReruns(number int, seeds []uint64, texts ...lab.Text) error {
	e := l.record.Experiments()[number]
	for _, seed := range seeds {
		for _, text := range texts {
			trial, _ := e.Trial(seed)
			if ppl := trial.On(text.Name); l.record.Run().IsTooGood(ppl, text.Name) {
				return &TooGoodError{[]int{number}, fmt.Sprintf(
					"its eval_ppl %s on seed %d and %s is lower than the full-precision model's %s; its export is %s",
					ppl, seed, textInWords(text), l.record.Run().FullPPL(text.Name), lab.Spec{Folder: l.folder.Trial(number, seed, journal.PairedSeed(l.record.Run(), 1))}.Export())}
			}
		}
	}
	return nil
}

func textInWords(text lab.Text) string {
	if text.Name == "" {
		return "the evaluation text"
	}
	return "the text " + text.Name
}
