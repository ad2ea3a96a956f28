package main

import (
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/stat"
)

// writeTable prints eval_ppl of each variant and its effect: the mean over the
// seeds of the difference of log eval_ppl from the reference's with the same
// seed, as a percentage, and the standard deviation of that difference. Same
// seeds see the same data, so the differences vary less than the figures.
func writeTable(w io.Writer, measured []measurement) {
	_, _ = fmt.Fprint(w, "| knob | value | eval_ppl | effect | ± | seeds |\n|---|---|---|---|---|---|\n")
	var reference []float64
	if len(measured) > 0 && measured[0].knob == "" {
		reference = measured[0].evalPPL
	}
	for _, m := range measured {
		logs, differences := logsAndDifferences(m.evalPPL, reference)
		name := m.knob
		if name == "" {
			name = "**reference**"
		}
		if len(logs) == 0 {
			_, _ = fmt.Fprintf(w, "| %s | %s | diverged | | | 0 |\n", name, m.value)
			continue
		}
		effect, deviation := "", ""
		if m.knob != "" && len(differences) > 0 {
			effect = percent(stat.Mean(differences, nil))
		}
		if spread := differences; len(spread) > 1 {
			if m.knob == "" {
				spread = logs
			}
			deviation = fmt.Sprintf("%.1f %%", 100*stat.StdDev(spread, nil))
		}
		_, _ = fmt.Fprintf(w, "| %s | %s | %.2f | %s | %s | %d |\n", name, m.value, math.Exp(stat.Mean(logs, nil)), effect, deviation, len(logs))
	}
}

// logsAndDifferences are log eval_ppl of the seeds that came to a figure, and by
// how much each differs from the reference's.
func logsAndDifferences(evalPPL, reference []float64) (logs, differences []float64) {
	for seed, value := range evalPPL {
		if math.IsNaN(value) || value == 0 {
			continue
		}
		logs = append(logs, math.Log(value))
		if seed < len(reference) && reference[seed] > 0 {
			differences = append(differences, math.Log(value/reference[seed]))
		}
	}
	return logs, differences
}

func percent(log float64) string { return fmt.Sprintf("%+.1f %%", 100*(math.Exp(log)-1)) }
