package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/layers"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/progress"
)

// descent is the least training there is: gradient descent on full weights,
// rounded to signs when exported.
type descent struct {
	config       llama.Config
	learningRate float64
	codes        func(codes *Node) *Node // spoils the export
}

// Notes are none.
func (d descent) Notes() []string { return nil }

// Batch is two sequences of 16 tokens.
func (d descent) Batch() (size, length int) { return 2, 16 }

// AccumulatedBatches is 1.
func (d descent) AccumulatedBatches() int { return 1 }

// Schedule raises lambda by a tenth a step.
func (d descent) Schedule(step int) harness.Schedule {
	return harness.Schedule{Lambda: float64(step) / 10, LearningRate: d.learningRate}
}

// Companions are none.
func (d descent) Companions(llama.Tensor) []harness.Companion { return nil }

// Linear is a full-precision layer.
func (d descent) Linear(*Node, *Node) harness.Linear {
	return func(name string, x, weight *Node, _ []*Node) *Node { return llama.Dense(name, x, weight) }
}

// Distills is false.
func (d descent) Distills() bool { return false }

// LayerLosses is nothing.
func (d descent) LayerLosses(*Node, *Node) *Node { return nil }

// Losses is cross-entropy.
func (d descent) Losses(logits, _, targets *Node) (minimized, crossEntropy *Node) {
	losses := Neg(ReduceSum(Mul(LogSoftmax(logits), OneHot(targets, d.config.VocabSize, logits.DType())), -1))
	return losses, losses
}

// OptimizerStates is none.
func (d descent) OptimizerStates(llama.Tensor) int { return 0 }

// Update is one step of gradient descent.
func (d descent) Update(_ llama.Tensor, weight, gradient *Node, _ []*Node, _, learningRate, _ *Node) (newWeight *Node, newStates []*Node) {
	return Sub(weight, Mul(learningRate, gradient)), nil
}

// Quantize gives signs and the mean size of a row.
func (d descent) Quantize(weight *Node, _ []*Node) harness.Quantized {
	codes := Sign(weight)
	if d.codes != nil {
		codes = d.codes(codes)
	}
	return harness.Quantized{Codes: codes, Scales: ReduceAndKeep(Abs(weight), ReduceMean, -1)}
}

// ExportedActivations is none.
func (d descent) ExportedActivations() checkpoint.Activations {
	return checkpoint.Activations{Bits: 16}
}

// small is a preset with nano's tokenizer and a tiny random model.
func small(t *testing.T) (prepare.Preset, checkpoint.Model) {
	t.Helper()
	config := llama.Config{
		ModelType: "llama", HiddenSize: 32, IntermediateSize: 32, NumHiddenLayers: 1, NumAttentionHeads: 2,
		NumKeyValueHeads: 1, VocabSize: 512, MaxPositionEmbeddings: 32, RopeTheta: 1e4, RMSNormEps: 1e-5, TieWordEmbeddings: true,
	}
	random := rand.New(rand.NewPCG(3, 4))
	start := checkpoint.Model{Config: config, Weights: map[string][]float32{}}
	for _, tensor := range config.Tensors() {
		values := make([]float32, tensor.Size())
		for i := range values {
			values[i] = float32(random.NormFloat64() * 0.1)
		}
		start.Weights[tensor.Name] = values
	}
	nano, err := prepare.Open(prepare.Nano)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := fs.ReadFile(nano.Folder, "tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	configJSON, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	folder := fstest.MapFS{
		"config.json":    {Data: configJSON},
		"tokenizer.json": {Data: tokenizer},
		"train.txt":      {Data: []byte(strings.Repeat("The owl saw 12 ships by the old mill. ", 40))},
		"eval.txt":       {Data: []byte(strings.Repeat("The river Ulm is 48 km long. ", 20))},
	}
	return prepare.Preset{Spec: prepare.Spec{Name: "small", Context: 16}, Folder: folder}, start
}

func smallRun(t *testing.T) harness.Run {
	t.Helper()
	engine, err := backend.Open(backend.Go, 0)
	if err != nil {
		t.Fatal(err)
	}
	preset, start := small(t)
	return harness.Run{
		Preset: preset, Start: start, Training: descent{config: start.Config, learningRate: 0.1},
		Backend: engine.Backend, Steps: 5, EvalEvery: 2, Seed: 1, Out: t.TempDir(), Progress: progress.NewJSON(io.Discard),
	}
}

func readRows(t *testing.T, folder string) []table.Row {
	t.Helper()
	file, err := os.Open(filepath.Join(folder, "results.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := table.ReadRows(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i].TimeS = 0 // the one figure that differs between equal runs
	}
	return rows
}

func TestRunWritesRowsAndExport(t *testing.T) {
	run := smallRun(t)
	var events strings.Builder
	run.Progress = progress.NewJSON(&events)
	if err := run.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := readRows(t, run.Out)
	var steps []int
	for _, row := range rows {
		steps = append(steps, row.Step)
	}
	if diff := cmp.Diff([]int{2, 4, 5}, steps); diff != "" {
		t.Errorf("evaluated steps (-want +got):\n%s", diff)
	}
	last := rows[len(rows)-1]
	if sum := float64(last.QNeg1 + last.QZero + last.QPos1); sum < 0.999999 || sum > 1.000001 {
		t.Errorf("shares of codes add up to %v", sum)
	}
	checkLayers(t, run.Out, last)
	if got := strings.Count(events.String(), `"kind":"step"`); got != 5 {
		t.Errorf("%d step events, want 5", got)
	}
	if got := strings.Count(events.String(), `"kind":"eval"`); got != 3 {
		t.Errorf("%d eval events, want 3", got)
	}
	if got := measureExport(t, run); got != float64(last.EvalPPL) {
		t.Errorf("the export on disk has eval_ppl %v, the last row says %v", got, last.EvalPPL)
	}
}

// checkLayers holds layers.tsv to the last row of results.tsv.
func checkLayers(t *testing.T, folder string, last table.Row) {
	t.Helper()
	file, err := os.Open(filepath.Join(folder, layers.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := layers.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	var steps []int
	var flips float64
	for _, row := range rows {
		if row.Layer == layers.All {
			steps = append(steps, row.Step)
			if row.FlipsPerStep.Valid() {
				flips += float64(row.FlipsPerStep)
			}
			if row.Step == last.Step && math.Abs(float64(row.Zero-last.QZero)) > 1e-6 {
				t.Errorf("the share of zeros is %v in layers.tsv, %v in results.tsv", row.Zero, last.QZero)
			}
		}
	}
	if diff := cmp.Diff([]int{0, 2, 4, 5}, steps); diff != "" || len(rows) != 4*8 {
		t.Errorf("steps in %d rows of layers.tsv (-want +got):\n%s", len(rows), diff)
	}
	if flips == 0 {
		t.Error("no weight of a model in training changed its code")
	}
}

func TestNoStepsRoundTheModel(t *testing.T) {
	run := smallRun(t)
	run.Steps = 0
	if err := run.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := readRows(t, run.Out)
	if len(rows) != 1 || rows[0].Step != 0 || rows[0].TrainLoss.Valid() {
		t.Fatalf("rows of a run without steps: %+v", rows)
	}
	if got := measureExport(t, run); got != float64(rows[0].EvalPPL) {
		t.Errorf("the export on disk has eval_ppl %v, the row says %v", got, rows[0].EvalPPL)
	}
}

// TestSnapshotsTakeTheEvaluationsPlace trains without an evaluation text: what is
// exported on the way is what would have been measured.
func TestSnapshotsTakeTheEvaluationsPlace(t *testing.T) {
	evaluated := smallRun(t)
	if err := evaluated.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	run := smallRun(t)
	folder, ok := run.Preset.Folder.(fstest.MapFS)
	if !ok {
		t.Fatal("the small preset isn't in memory")
	}
	delete(folder, "eval.txt")
	run.Snapshots = true
	var events strings.Builder
	run.Progress = progress.NewJSON(&events)
	if err := run.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(events.String(), `"kind":"snapshot"`); got != 3 {
		t.Errorf("%d snapshot events, want 3", got)
	}
	rows := readRows(t, run.Out)
	for i, want := range readRows(t, evaluated.Out) {
		if rows[i].EvalPPL.Valid() || rows[i].BestPPL.Valid() || rows[i].QZero != want.QZero {
			t.Errorf("row of step %d is %+v", want.Step, rows[i])
		}
		snapshot := filepath.Join(run.Out, "snapshots", strconv.Itoa(want.Step))
		if got := measure(t, evaluated, snapshot); got != float64(want.EvalPPL) {
			t.Errorf("the snapshot of step %d has eval_ppl %v, want %v", want.Step, got, want.EvalPPL)
		}
	}
	written, err := os.ReadDir(filepath.Join(run.Out, "snapshots"))
	if err != nil || len(written) != len(rows) {
		t.Errorf("snapshots holds %v (%v), want %d folders", written, err, len(rows))
	}
}

// measureExport evaluates what the run left on disk.
func measureExport(t *testing.T, run harness.Run) float64 {
	t.Helper()
	return measure(t, run, filepath.Join(run.Out, "export"))
}

// measure evaluates an export on a run's evaluation text.
func measure(t *testing.T, run harness.Run, folder string) float64 {
	t.Helper()
	export, err := checkpoint.ReadExport(os.DirFS(folder), run.Start.Config)
	if err != nil {
		t.Fatal(err)
	}
	text, err := run.Preset.EvalTokens()
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := evaluate.New(run.Backend, evaluate.ExportNetwork(export), text, run.Preset.Context)
	if err != nil {
		t.Fatal(err)
	}
	result, err := evaluator.Measure(evaluate.ExportWeights(export))
	if err != nil {
		t.Fatal(err)
	}
	return result.EvalPPL
}

func TestSameSeedSameNumbers(t *testing.T) {
	var rows [3][]table.Row
	for i, seed := range []uint64{1, 1, 2} {
		run := smallRun(t)
		run.Seed = seed
		if err := run.Do(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows[i] = readRows(t, run.Out)
	}
	if diff := cmp.Diff(rows[0], rows[1]); diff != "" {
		t.Errorf("the same seed gave other numbers:\n%s", diff)
	}
	if rows[0][0].TrainLoss == rows[2][0].TrainLoss {
		t.Error("another seed gave the same loss")
	}
}

func TestDivergenceStopsTheRun(t *testing.T) {
	run := smallRun(t)
	run.Training = descent{config: run.Start.Config, learningRate: 1e5}
	err := run.Do(t.Context())
	if err == nil || !strings.Contains(err.Error(), "training step 2: training diverged") {
		t.Errorf("error is %v, want one about divergence at step 2", err)
	}
	if _, err := os.Stat(filepath.Join(run.Out, "export")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a diverged run left an export")
	}
}

func TestCodesThatAreNotTernaryStopTheRun(t *testing.T) {
	run := smallRun(t)
	run.Training = descent{config: run.Start.Config, learningRate: 0.1, codes: func(codes *Node) *Node { return MulScalar(codes, 0.5) }}
	err := run.Do(t.Context())
	if err == nil || !strings.Contains(err.Error(), "want -1, 0 or +1") {
		t.Errorf("error is %v, want one about codes", err)
	}
}

func TestCancelledRunStopsBetweenSteps(t *testing.T) {
	run := smallRun(t)
	ctx, cancel := context.WithCancel(t.Context())
	run.Progress = reporterFunc(func(e progress.Event) {
		if e.Kind == progress.Step && e.Step == 3 {
			cancel()
		}
	})
	err := run.Do(ctx)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "before step 4") {
		t.Errorf("error is %v, want a stop before step 4", err)
	}
	if rows := readRows(t, run.Out); len(rows) != 1 {
		t.Errorf("%d rows are left of a run stopped after one evaluation", len(rows))
	}
}

type reporterFunc func(e progress.Event)

// Report calls the function.
func (f reporterFunc) Report(e progress.Event) { f(e) }
