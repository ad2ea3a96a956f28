package cli

import (
	"fmt"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/contract"
)

// bitsInWords says how many bits an export has and where they are; empty where they
// weren't counted.
func bitsInWords(b *contract.Bits) string {
	if b == nil || b.Weights == 0 {
		return ""
	}
	perWeight := func(bits float64) float64 { return bits / float64(b.Weights) }
	return fmt.Sprintf("%.3f per ternary weight (codes %.3f, scales %.3f, biases %.3f, input scales %.3f); %.2f per parameter with embedding (%.1f %% of all bits) and norms (%.1f %%)",
		b.PerWeight, perWeight(b.Codes), perWeight(b.Scales), perWeight(b.Biases), perWeight(b.InputScales),
		b.PerParameter, 100*b.Embedding/b.Total, 100*b.Norms/b.Total)
}

// bitsPerWeight is for a table.
func bitsPerWeight(b *contract.Bits) string {
	if b == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", b.PerWeight)
}

// fullPrecision says what the full-precision model has, which no export is expected to
// beat; empty where it wasn't measured.
func fullPrecision(run journal.Run) string {
	return known(run.FullPPL(""), "eval_ppl %.2f (the model that trainings start from, in full precision)")
}

// printFullPrecision shows it below a run's baseline and champion.
func (a *app) printFullPrecision(run journal.Run) {
	if full := fullPrecision(run); full != "" {
		a.print("full precision: %s\n", full)
	}
}
