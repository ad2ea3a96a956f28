package journal

import (
	"errors"
	"fmt"

	"github.com/ternlab/ternlab/results/table"
)

// FullPPL is the full-precision model's eval_ppl on a text, by the name that
// Evaluated has; missing where it wasn't measured.
func (r Run) FullPPL(text string) table.Measure {
	if ppl, ok := r.References[text]; ok {
		return ppl
	}
	return table.Missing()
}

// IsTooGood tells whether an export's eval_ppl on a text is lower than that of the
// model that it was rounded from. Rounding loses something, and a few hundred steps
// rarely win it back: a person should look before such a figure counts.
func (r Run) IsTooGood(evalPPL table.Measure, text string) bool {
	full := r.FullPPL(text)
	return r.BetterThanFull == BetterStops && full.Valid() && evalPPL < full
}

// applyToRun takes in what was measured of the full-precision model.
func (m Reference) applyToRun(f *fold, _ Record) error {
	switch {
	case !m.EvalPPL.Valid():
		return errors.New("it has no eval_ppl")
	case f.run.FullPPL(m.Text).Valid():
		return fmt.Errorf("the full-precision model was measured on text %q before", m.Text)
	}
	f.run.References = withValue(f.run.References, m.Text, m.EvalPPL)
	return nil
}
