package journal

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/results/table"
)

// Names of a run's files in runs/<tag>.
const (
	JournalFile = "journal.jsonl"
	RowsFile    = "results.tsv"
	SummaryFile = "experiments.tsv"
)

// WriteFiles writes results.tsv and experiments.tsv into dir, a run's folder.
// Each is replaced as a whole, so that a reader sees the old or the new one. The
// same records always give the same bytes.
func WriteFiles(dir string, run Run, experiments []Experiment) error {
	var rows, summary bytes.Buffer
	if err := table.WriteRows(&rows, Rows(run, experiments)); err != nil {
		return err
	}
	if err := WriteSummary(&summary, experiments); err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(dir, RowsFile), rows.Bytes()); err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, SummaryFile), summary.Bytes())
}

func replaceFile(path string, text []byte) error {
	err := renameio.WriteFile(path, text, 0o644, renameio.WithTempDir(filepath.Dir(path)))
	if err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return nil
}
