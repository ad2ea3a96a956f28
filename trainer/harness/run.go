package harness

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/progress"
)

// Run is one training from a pretrained model to an export.
type Run struct {
	Preset    prepare.Preset
	Start     checkpoint.Model // Do takes its weights out: the session has them, and a large model's twice are too many
	Training  Training
	Backend   compute.Backend
	Steps     int
	MaxTokens int // that Steps may train on; 0 is no limit
	// EvalEvery is the number of steps between evaluations in a training of EvalOf
	// steps; one of another length is evaluated after the same shares of its steps.
	// EvalOf 0 is Steps. The last step is always evaluated.
	EvalEvery int
	EvalOf    int
	Seed      uint64 // of the data's order
	Out       string // folder for results.tsv, layers.tsv and export/
	// Snapshots has the model exported to Out/snapshots/<step> wherever it would
	// be evaluated, for another program to do so: the evaluation text is never
	// opened.
	Snapshots bool
	Progress  progress.Reporter
}

// Do trains, evaluates or exports snapshots on the way, and writes results.tsv and layers.tsv after every
// evaluation and the export at the end. With no steps it rounds the model as it
// is. A context that ends stops it between two steps.
func (r Run) Do(ctx context.Context) error {
	training, err := count(r.Training)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if r.MaxTokens > 0 && r.Steps > r.MaxTokens/training.shape.Tokens() {
		return fmt.Errorf("train: %d steps of %s have more than %d tokens, the most that were asked for", r.Steps, training.shape, r.MaxTokens)
	}
	r.Training = training
	if err := r.writeRows(nil); err != nil { // a folder that can't be written to fails before the work
		return err
	}
	session, err := NewSession(r.Backend, r.Start, r.Training, Auto)
	if err != nil {
		return err
	}
	bounds := checkpoint.ModelBounds(r.Start)
	clear(r.Start.Weights)
	if session.Calibration, err = r.calibration(); err != nil {
		return err
	}
	meter, err := newMeter(r)
	if err != nil {
		return err
	}
	if r.Steps == 0 {
		err = meter.record(session, table.NewPoint(0), table.Missing())
	} else if err = meter.begin(session); err == nil {
		err = r.train(ctx, session, meter)
	}
	if err != nil {
		return err
	}
	return r.export(session, bounds)
}

// train runs all steps.
func (r Run) train(ctx context.Context, session *Session, meter *meter) error {
	batches, err := r.batches()
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
		point := trainPoint(step, trained, time.Since(meter.started))
		norm := table.Measure(trained.GradientNorm)
		r.Progress.Report(r.event(progress.Step, point, norm))
		if r.isEvaluated(step) {
			if err := meter.record(session, point, norm); err != nil {
				return err
			}
		}
	}
	return nil
}

// isEvaluated tells whether the model is evaluated after a step.
func (r Run) isEvaluated(step int) bool {
	of := cmp.Or(r.EvalOf, r.Steps)
	evaluations := func(step int) int { return step * of / r.Steps / r.EvalEvery } // that were due by then
	return step == r.Steps || evaluations(step) > evaluations(step-1)
}

// computed is what the steps so far took: tokens and floating-point operations.
func (r Run) computed(step int) (tokens int, flops float64) {
	shape, err := ShapeOf(r.Training)
	if err != nil {
		return 0, 0
	}
	return shape.Tokens() * step, FLOPs(r.Start.Config, shape, r.Training.Distills(), step)
}

func (r Run) batches() (*prepare.Batches, error) {
	tokens, err := r.Preset.TrainTokens()
	if err != nil {
		return nil, err
	}
	size, length := r.Training.Batch()
	return prepare.NewBatches(tokens, size*r.Training.AccumulatedBatches(), length, r.Seed)
}

// export writes the ternary model. One that the evaluator would refuse is an error,
// too, and stays to be looked at.
func (r Run) export(session *Session, bounds checkpoint.Bounds) error {
	export, err := session.Export()
	if err != nil {
		return err
	}
	folder := filepath.Join(r.Out, "export")
	if err := checkpoint.WriteExport(folder, export); err != nil {
		return err
	}
	if err := bounds.Check(export); err != nil && !r.Snapshots { // with snapshots another program measures it, and says so
		return fmt.Errorf("export: %w; the evaluator refuses such a model, see %s", err, folder)
	}
	r.Progress.Report(progress.Event{Kind: progress.Export, Step: r.Steps, Steps: r.Steps, Message: "ternary model written to " + folder})
	return nil
}

// trainPoint is what a step alone tells; evaluation fills in the rest.
func trainPoint(step int, trained StepResult, elapsed time.Duration) table.Point {
	point := table.NewPoint(step)
	point.Lambda = table.Measure(trained.Lambda)
	point.TrainLoss = table.Measure(trained.Loss)
	point.TrainPPL = table.Measure(math.Exp(trained.Loss))
	point.LR = table.Measure(trained.LearningRate)
	point.TimeS = table.Measure(elapsed.Seconds())
	return point
}
