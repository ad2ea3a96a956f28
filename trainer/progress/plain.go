package progress

import (
	"fmt"
	"io"
	"strings"
)

// plain writes a line per evaluation.
type plain struct {
	w io.Writer
}

// NewPlain returns a reporter for output that isn't a terminal: a line per
// evaluation or snapshot, one per message, and nothing per step. Write errors are ignored.
func NewPlain(w io.Writer) Reporter {
	return &plain{w: w}
}

// Report writes the event's line, if it has one.
func (r *plain) Report(e Event) {
	switch {
	case e.Kind == Eval || e.Kind == Snapshot:
		_, _ = fmt.Fprintln(r.w, EvalLine(e))
	case e.Kind != Step && e.Message != "":
		_, _ = fmt.Fprintln(r.w, e.Message)
	}
}

// EvalLine is an evaluation as one line for people. Figures that are missing
// are left out:
//
//	step 25/100  lambda 0.050  train_loss 3.412  …  quant=[-1:0.31 0:0.38 +1:0.31]
//
// What was measured comes before what is only claimed:
//
//	step 25/100  eval_ppl 131.20  eval_bpb 2.310  (says itself: lambda 0.050  train_loss 3.412)
func EvalLine(e Event) string {
	if !e.Claimed {
		return strings.Join(append([]string{stepOf(e)}, figuresOf(e)...), "  ")
	}
	measured, claimed := Event{EvalPPL: e.EvalPPL, EvalBPB: e.EvalBPB}, e
	claimed.EvalPPL, claimed.EvalBPB = nil, nil
	line := strings.Join(append([]string{stepOf(e)}, figuresOf(measured)...), "  ")
	if figures := figuresOf(claimed); len(figures) > 0 {
		line += "  (says itself: " + strings.Join(figures, "  ") + ")"
	}
	return line
}

func stepOf(e Event) string { return fmt.Sprintf("step %d/%d", e.Step, e.Steps) }

// figuresOf are an evaluation's figures, those that it has.
func figuresOf(e Event) []string {
	var parts []string
	add := func(format string, figure *float64) {
		if figure != nil {
			parts = append(parts, fmt.Sprintf(format, *figure))
		}
	}
	add("lambda %.3f", e.Lambda)
	add("train_loss %.3f", e.TrainLoss)
	add("train_ppl %.1f", e.TrainPPL)
	add("eval_ppl %.2f", e.EvalPPL)
	add("eval_bpb %.3f", e.EvalBPB)
	add("grad_norm %.2f", e.GradNorm)
	add("lr %.1e", e.LR)
	add("%.1fs", e.TimeS)
	if e.QNeg1 != nil && e.QZero != nil && e.QPos1 != nil {
		parts = append(parts, fmt.Sprintf("quant=[-1:%.2f 0:%.2f +1:%.2f]", *e.QNeg1, *e.QZero, *e.QPos1))
	}
	return parts
}
