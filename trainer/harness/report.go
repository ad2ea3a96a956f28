package harness

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/progress"
)

// event is a point, and the norm of its step's gradients, as a line of progress.
func (r Run) event(kind progress.Kind, point table.Point, gradientNorm table.Measure) progress.Event {
	tokens, flops := r.computed(point.Step)
	return progress.Event{
		Kind: kind, Step: point.Step, Steps: r.Steps, Tokens: tokens, FLOPs: flops,
		Lambda: figure(point.Lambda), TrainLoss: figure(point.TrainLoss), TrainPPL: figure(point.TrainPPL),
		EvalPPL: figure(point.EvalPPL), EvalBPB: figure(point.EvalBPB), BestPPL: figure(point.BestPPL),
		GradNorm: figure(gradientNorm), LR: figure(point.LR), TimeS: figure(point.TimeS),
		QNeg1: figure(point.QNeg1), QZero: figure(point.QZero), QPos1: figure(point.QPos1),
	}
}

func figure(measure table.Measure) *float64 {
	if !measure.Valid() {
		return nil
	}
	value := float64(measure)
	return &value
}

// writeRows replaces results.tsv by one with these rows.
func (r Run) writeRows(rows []table.Row) error {
	return r.writeTable("results.tsv", func(w io.Writer) error { return table.WriteRows(w, rows) })
}

// writeTable replaces a file of the run's folder.
func (r Run) writeTable(name string, write func(w io.Writer) error) error {
	if err := os.MkdirAll(r.Out, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	var table bytes.Buffer
	if err := write(&table); err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(r.Out, name), table.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
