package results

import (
	"bufio"
	"fmt"
	"io"
)

// WriteSummary writes experiments.tsv in the format of autoresearch's
// results.tsv, which tools for it read: a line per decided experiment with the
// first 7 digits of its commit, eval_ppl with 6 decimals, the training's peak
// memory in 10^9 bytes with one decimal, status and description. That format
// has no missing value: a crash has the figures 0.000000 and 0.0.
func WriteSummary(w io.Writer, experiments []Experiment) error {
	out := bufio.NewWriter(w)
	writeFields(out, []string{"commit", "eval_ppl", "memory_gb", "status", "description"})
	for _, e := range experiments {
		if e.Status != StatusRunning {
			writeFields(out, summaryFields(e))
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

func summaryFields(e Experiment) []string {
	const shortCommit = 7
	evalPPL, memory := 0.0, 0.0
	if e.Status != StatusCrash && e.EvalPPL.Valid() {
		evalPPL = float64(e.EvalPPL)
	}
	if e.Status != StatusCrash && e.MemoryGB.Valid() {
		memory = float64(e.MemoryGB)
	}
	return []string{
		e.Commit[:min(shortCommit, len(e.Commit))],
		fmt.Sprintf("%.6f", evalPPL), fmt.Sprintf("%.1f", memory),
		string(e.Status), oneLine(e.Description),
	}
}
