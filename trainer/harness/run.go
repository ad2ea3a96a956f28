package harness

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/results"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/progress"
)

// Run is one training from a pretrained model to an export.
type Run struct {
	Preset    prepare.Preset
	Start     checkpoint.Model
	Training  Training
	Backend   compute.Backend
	Steps     int
	EvalEvery int    // steps between evaluations; the last step is always evaluated
	Seed      uint64 // of the data's order
	Out       string // folder for results.tsv and export/
	Progress  progress.Reporter
}

// Do trains, evaluates on the way, and writes results.tsv after every
// evaluation and the export at the end. A context that ends stops it between
// two steps.
func (r Run) Do(ctx context.Context) error {
	started := time.Now()
	var rows []results.Row
	if err := r.writeRows(rows); err != nil { // a folder that can't be written to fails before the work
		return err
	}
	session, err := NewSession(r.Backend, r.Start, r.Training)
	if err != nil {
		return err
	}
	batches, err := r.batches()
	if err != nil {
		return err
	}
	meter, err := newMeter(r)
	if err != nil {
		return err
	}
	for step := 1; step <= r.Steps; step++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before step %d: %w", step, err)
		}
		trained, err := session.Step(step, batches.Next())
		if err != nil {
			return err
		}
		point := trainPoint(step, trained, time.Since(started))
		r.Progress.Report(event(progress.Step, r.Steps, point))
		if step%r.EvalEvery != 0 && step != r.Steps {
			continue
		}
		if err := meter.measure(session, &point); err != nil {
			return err
		}
		point.TimeS = results.Measure(time.Since(started).Seconds())
		r.Progress.Report(event(progress.Eval, r.Steps, point))
		rows = append(rows, results.Row{Point: point, Experiment: results.NoExperiment, Seed: r.Seed})
		if err := r.writeRows(rows); err != nil {
			return err
		}
	}
	return r.export(session)
}

func (r Run) batches() (*prepare.Batches, error) {
	tokens, err := r.Preset.TrainTokens()
	if err != nil {
		return nil, err
	}
	size, length := r.Training.Batch()
	return prepare.NewBatches(tokens, size, length, r.Seed)
}

func (r Run) export(session *Session) error {
	export, err := session.Export()
	if err != nil {
		return err
	}
	folder := filepath.Join(r.Out, "export")
	if err := checkpoint.WriteExport(folder, export); err != nil {
		return err
	}
	r.Progress.Report(progress.Event{Kind: progress.Export, Step: r.Steps, Steps: r.Steps, Message: "ternary model written to " + folder})
	return nil
}

// trainPoint is what a step alone tells; evaluation fills in the rest.
func trainPoint(step int, trained StepResult, elapsed time.Duration) results.Point {
	point := results.NewPoint(step)
	point.Lambda = results.Measure(trained.Lambda)
	point.TrainLoss = results.Measure(trained.Loss)
	point.TrainPPL = results.Measure(math.Exp(trained.Loss))
	point.LR = results.Measure(trained.LearningRate)
	point.TimeS = results.Measure(elapsed.Seconds())
	return point
}

// meter evaluates a session at lambda 1 and remembers the best.
type meter struct {
	evaluator *evaluate.Evaluator
	best      float64
}

func newMeter(r Run) (*meter, error) {
	text, err := r.Preset.EvalTokens()
	if err != nil {
		return nil, err
	}
	network := evaluate.Network{Config: r.Start.Config, Ternary: true, ActivationBits: r.Training.ExportedActivationBits()}
	evaluator, err := evaluate.New(r.Backend, network, text, r.Preset.Context)
	if err != nil {
		return nil, err
	}
	return &meter{evaluator, math.Inf(1)}, nil
}

func (m *meter) measure(session *Session, point *results.Point) error {
	export, err := session.Export()
	if err != nil {
		return err
	}
	measured, err := m.evaluator.Measure(evaluate.ExportWeights(export))
	if err != nil {
		return err
	}
	m.best = min(m.best, measured.EvalPPL)
	point.EvalPPL = results.Measure(measured.EvalPPL)
	point.EvalBPB = results.Measure(measured.EvalBPB)
	point.BestPPL = results.Measure(m.best)
	point.QNeg1, point.QZero, point.QPos1 = codeShares(export)
	return nil
}

// codeShares are the shares of -1, 0 and +1 among all codes.
func codeShares(export checkpoint.Export) (negative, zero, positive results.Measure) {
	var counts [3]int
	for _, layer := range export.Layers {
		for _, code := range layer.Codes {
			counts[code+1]++
		}
	}
	total := results.Measure(counts[0] + counts[1] + counts[2])
	return results.Measure(counts[0]) / total, results.Measure(counts[1]) / total, results.Measure(counts[2]) / total
}
