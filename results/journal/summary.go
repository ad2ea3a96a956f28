package journal

import (
	"bufio"
	"cmp"
	"fmt"
	"io"

	"github.com/ternlab/ternlab/results/table"
)

// WriteSummary writes experiments.tsv in the format of autoresearch's
// results.tsv, which tools for it read: a line per decided experiment with the
// first 7 digits of its commit, eval_ppl with 6 decimals, the training's peak
// memory in 10^9 bytes with one decimal, status and description. That format
// has no missing value: a crash has the figures 0.000000 and 0.0, and what never
// came to a commit has git's null hash, 0000000.
func WriteSummary(w io.Writer, experiments []Experiment) error {
	out := bufio.NewWriter(w)
	table.WriteFields(out, []string{"commit", "eval_ppl", "memory_gb", "status", "description"})
	for _, e := range experiments {
		if e.Status != StatusRunning {
			table.WriteFields(out, summaryFields(e))
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

func summaryFields(e Experiment) []string {
	const digits = 7
	commit := cmp.Or(table.Cell(e.Commit), "0000000")
	evalPPL, memory := e.EvalPPL, e.MemoryGB
	if e.Status == StatusCrash || !evalPPL.Valid() {
		evalPPL = 0
	}
	if e.Status == StatusCrash || !memory.Valid() {
		memory = 0
	}
	status := e.Status
	switch status { // the format knows no other
	case StatusSimplify:
		status = StatusKeep
	case StatusWithdrawn, StatusPromising:
		status = StatusDiscard
	}
	return []string{
		commit[:min(digits, len(commit))], fmt.Sprintf("%.6f", evalPPL), fmt.Sprintf("%.1f", memory),
		string(status), table.Cell(e.Description),
	}
}
