package trials

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
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

// MeasureFull measures the full-precision model that trainings start from, once per
// text: no export may be better. A run that was begun before this was done goes on
// without.
func (t Trials) MeasureFull(ctx context.Context, text lab.Text) error {
	if t.bench.Record.Run().BetterThanFull == "" || t.bench.Record.Run().FullPPL(text.Name).Valid() {
		return nil
	}
	defer t.bench.Working("the evaluation of the full-precision model")()
	measured, err := t.bench.Lab.MeasureFull(ctx, text)
	if err != nil {
		return err
	}
	err = t.bench.Record.Append(0, journal.Reference{Text: text.Name, EvalPPL: table.Measure(measured.EvalPPL), EvalBPB: table.Measure(measured.EvalBPB), TimeS: measured.TimeS})
	return err
}

// RefuseTooGood is a crash where what was measured of an export is better than the
// full-precision model.
func RefuseTooGood(run journal.Run, evaluated journal.Evaluated, export string) error {
	if !run.IsTooGood(evaluated.EvalPPL, evaluated.Text) {
		return nil
	}
	return &lab.FaultError{Class: lab.Class(journal.FailureTooGood), Err: fmt.Errorf(
		"eval_ppl %s on seed %d is lower than the full-precision model's %s; the export is %s; where a text lets fine-tuning beat the pretrained model, start a run with --allow-better-than-full",
		evaluated.EvalPPL, evaluated.Seed, run.FullPPL(evaluated.Text), export)}
}

// CheckReruns ends the run where a kept experiment is better than the full-precision
// model on a seed and a text. That is known to the journal, so the next process goes
// on.
func (t Trials) CheckReruns(number int, seeds []uint64, texts ...lab.Text) error {
	e := t.bench.Record.Experiments()[number]
	for _, seed := range seeds {
		for _, text := range texts {
			trial, _ := e.Trial(seed)
			if ppl := trial.On(text.Name); t.bench.Record.Run().IsTooGood(ppl, text.Name) {
				return &TooGoodError{[]int{number}, fmt.Sprintf(
					"its eval_ppl %s on seed %d and %s is lower than the full-precision model's %s; its export is %s",
					ppl, seed, textInWords(text), t.bench.Record.Run().FullPPL(text.Name), lab.Spec{Folder: t.bench.Folder.Trial(number, seed, journal.PairedSeed(t.bench.Record.Run(), 1))}.Export())}
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
