package cli

import (
	"fmt"
	"strings"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

// computed is what a training took, for a person: "100 steps, 25600 tokens,
// 7.3e+10 FLOPs, 3.1 s". What is not known is left out.
func computed(c journal.Compute) string {
	var parts []string
	switch {
	case c.TrainDone > 0 && c.TrainDone < c.TrainSteps:
		parts = append(parts, fmt.Sprintf("%d of %d steps", c.TrainDone, c.TrainSteps))
	case c.TrainSteps > 0:
		parts = append(parts, fmt.Sprintf("%d steps", c.TrainSteps))
	}
	if c.TrainTokens.Valid() {
		parts = append(parts, c.TrainTokens.Whole()+" tokens")
	}
	if c.TrainFLOPs.Valid() {
		parts = append(parts, fmt.Sprintf("%.3g FLOPs", c.TrainFLOPs))
	}
	if c.TrainS.Valid() {
		parts = append(parts, duration(c.TrainS))
	}
	return strings.Join(parts, ", ")
}

// short is a large number for a table: "950", "25.6k", "1.02M".
func short(m table.Measure) string {
	if !m.Valid() {
		return "-"
	}
	value, unit := float64(m), ""
	for _, larger := range []string{"k", "M", "G", "T"} {
		if value < 1000 {
			break
		}
		value, unit = value/1000, larger
	}
	return fmt.Sprintf("%.3g%s", value, unit)
}

// heldEqual says what each training of a run gets the same of.
func heldEqual(run journal.Run) string {
	if run.HeldEqual() == journal.EqualSteps {
		return fmt.Sprintf("%d steps", run.Steps)
	}
	return fmt.Sprintf("the %s of the baseline's %d steps", run.HeldEqual(), run.Steps)
}

// factor says how much more of something a training took, where that is not the same.
func factor(of string, champion, baseline table.Measure) string {
	if !champion.Valid() || !baseline.Valid() || baseline <= 0 || (champion/baseline > 0.99 && champion/baseline < 1.01) {
		return ""
	}
	return fmt.Sprintf("%.3g × the baseline's %s", champion/baseline, of)
}
