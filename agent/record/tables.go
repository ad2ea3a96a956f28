package record

import (
	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/observe"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
)

// Tables keeps the tables in a run's folder up to date with its journal: whenever an
// experiment is in git, and whenever one that is was measured again.
type Tables struct {
	observe.Nothing
	Folder runs.Folder
}

// Recorded writes the tables, if they may have changed.
func (t Tables) Recorded(run journal.Run, experiments []journal.Experiment, of int, data journal.Data) error {
	_, isCommitted := data.(journal.Committed)
	_, isEvaluated := data.(journal.Evaluated)
	if !isCommitted && (!isEvaluated || experiments[of].Status == journal.StatusRunning) {
		return nil
	}
	if err := journal.WriteFiles(string(t.Folder), run, experiments); err != nil {
		return err
	}
	if isCommitted {
		failpoint.Hit(failpoint.Tables)
	}
	return nil
}
