package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/backend/backendtest"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// The golden values in testdata are PyTorch's; golden.py there computes them.

func goBackend(tb testing.TB) compute.Backend {
	tb.Helper()
	engine, err := backend.Open(backend.Go, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return engine.Backend
}

func readGolden(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// near compares values one by one, relative to the largest.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	var largest float64
	for _, value := range want {
		largest = max(largest, math.Abs(value))
	}
	for i := range want {
		if !(math.Abs(float64(got[i])-want[i]) <= tolerance*largest) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

type bitLinearCase struct {
	Lam             float64
	Group, Bits     int
	Scale           string
	Tequila         bool
	Weight, X, R, Y []float64
	GradWeight      []float64 `json:"grad_weight"`
	GradX           []float64 `json:"grad_x"`
	Codes, Scales   []float64
	DeadZone        float64 `json:"dead_zone"`
}

func float32s(values []float64) []float32 {
	converted := make([]float32, len(values))
	for i, value := range values {
		converted[i] = float32(value)
	}
	return converted
}

func TestBitLinearAgreesWithPyTorch(t *testing.T) {
	var cases []bitLinearCase
	readGolden(t, "bitlinear.json", &cases)
	if len(cases) != 6 {
		t.Fatalf("got %d cases, want 6", len(cases))
	}
	for _, c := range cases {
		recipe := NewRecipe()
		recipe.GroupSize, recipe.ActivationBits = strconv.Itoa(c.Group), c.Bits
		recipe.Scale, recipe.DeadZone = c.Scale, c.DeadZone
		if c.Tequila {
			recipe.DeadZoneRecovery = "tequila"
		}
		training := &Training{Recipe: recipe}
		outputs, err := graph.CallOnceN(goBackend(t), func(x, weight, r, lambda *graph.Node) []*graph.Node {
			y := training.bitLinear(lambda, graph.ScalarZero(lambda.Graph(), lambda.DType()))("", x, weight, nil)
			gradients := graph.Gradient(graph.ReduceAllSum(graph.Mul(y, r)), weight, x)
			codes, scales := training.quantize(weight, nil)
			return []*graph.Node{y, gradients[0], gradients[1], codes, scales}
		},
			tensors.FromFlatDataAndDimensions(float32s(c.X), 5, 128),
			tensors.FromFlatDataAndDimensions(float32s(c.Weight), 6, 128),
			tensors.FromFlatDataAndDimensions(float32s(c.R), 5, 6),
			float32(c.Lam),
		)
		if err != nil {
			t.Fatal(err)
		}
		// Sums of at most 128 products in float32.
		const tolerance = 2e-6
		for i, want := range [][]float64{c.Y, c.GradWeight, c.GradX, c.Codes, c.Scales} {
			name := []string{"y", "weight gradient", "x gradient", "codes", "scales"}[i]
			near(t, name, tensors.MustCopyFlatData[float32](outputs[i]), want, tolerance)
		}
	}
}

// eachExecution runs a test in each way of running a step on each backend that
// knows it: compute v0.1.3's go backend can't slice at a computed place, which
// a loop over layers needs.
func eachExecution(t *testing.T, test func(t *testing.T, engine compute.Backend, execution harness.Execution)) {
	t.Helper()
	t.Run("go, whole", func(t *testing.T) { test(t, goBackend(t), harness.Whole) })
	t.Run("go, by layer", func(t *testing.T) { test(t, goBackend(t), harness.ByLayer) })
	t.Run("xla, whole", func(t *testing.T) { test(t, backendtest.XLA(t), harness.Whole) })
	t.Run("xla, by layer", func(t *testing.T) { test(t, backendtest.XLA(t), harness.ByLayer) })
	t.Run("xla, looped", func(t *testing.T) { test(t, backendtest.XLA(t), harness.Looped) })
}

// goldenSteps are training steps of the tiny model.
type goldenSteps struct {
	Lam          float64
	LearningRate float64 `json:"learning_rate"`
	WeightDecay  float64 `json:"weight_decay"`
	Steps        []struct {
		Tokens       []int32
		Loss         float64
		GradientNorm float64            `json:"gradient_norm"`
		Norms        map[string]float64 // of each tensor's gradient
	}
	Weights map[string][]float64
}

// readGoldenSteps returns the steps, the model that they begin with, and their
// training.
func readGoldenSteps(t *testing.T) (goldenSteps, checkpoint.Model, constantLambda) {
	t.Helper()
	var golden goldenSteps
	readGolden(t, "steps.json", &golden)
	start, err := checkpoint.ReadModel(os.DirFS("testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := NewRecipe()
	recipe.LearningRate, recipe.LearningSteps, recipe.WeightDecay = golden.LearningRate, 0, golden.WeightDecay
	recipe.BatchSize, recipe.SequenceLength = 2, 16
	training, err := NewTraining(recipe, start.Config, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	return golden, start, constantLambda{training, golden.Lam}
}

// TestTrainingStepsAgreeWithPyTorch holds all ways of running a step to the
// same figures.
func TestTrainingStepsAgreeWithPyTorch(t *testing.T) { eachExecution(t, testTrainingSteps) }

func testTrainingSteps(t *testing.T, engine compute.Backend, execution harness.Execution) {
	t.Helper()
	golden, start, training := readGoldenSteps(t)
	session, err := harness.NewSession(engine, start, training, execution)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range golden.Steps {
		got, err := session.Step(i+1, want.Tokens)
		if err != nil {
			t.Fatal(err)
		}
		// Rounding flips no code in these steps, so errors stay float32's own.
		near(t, "loss", []float32{float32(got.Loss)}, []float64{want.Loss}, 1e-5)
		near(t, "gradient norm", []float32{float32(got.GradientNorm)}, []float64{want.GradientNorm}, 1e-4)
	}
	trained, err := session.Model()
	if err != nil {
		t.Fatal(err)
	}
	if len(golden.Weights) == 0 {
		t.Fatal("no golden weights")
	}
	for name, want := range golden.Weights {
		// Adam divides by the root of tiny squares, which magnifies rounding.
		near(t, name, trained.Weights[name], want, 1e-3)
	}
}

// constantLambda holds lambda still.
type constantLambda struct {
	*Training
	value float64
}

// Schedule gives the recipe's learning rate and the constant lambda.
func (c constantLambda) Schedule(step int) harness.Schedule {
	schedule := c.Training.Schedule(step)
	schedule.Lambda = c.value
	return schedule
}

// gradients puts each weight's gradient in its place, to be read.
type gradients struct{ constantLambda }

// Update gives the gradient.
func (gradients) Update(_ llama.Tensor, _, gradient *graph.Node, states []*graph.Node, _, _, _ *graph.Node) (newWeight *graph.Node, newStates []*graph.Node) {
	return gradient, states
}

func TestGradientsAgreeWithPyTorch(t *testing.T) { eachExecution(t, testGradients) }

func testGradients(t *testing.T, engine compute.Backend, execution harness.Execution) {
	t.Helper()
	golden, start, training := readGoldenSteps(t)
	session, err := harness.NewSession(engine, start, gradients{training}, execution)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Step(1, golden.Steps[0].Tokens); err != nil {
		t.Fatal(err)
	}
	got, err := session.Model()
	if err != nil {
		t.Fatal(err)
	}
	norms := golden.Steps[0].Norms
	if len(norms) != len(got.Weights) {
		t.Fatalf("golden norms of %d tensors, the model has %d", len(norms), len(got.Weights))
	}
	for name, want := range norms {
		var squares float64
		for _, value := range got.Weights[name] {
			squares += float64(value) * float64(value)
		}
		// float32 sums over two layers and 32 rows.
		near(t, name, []float32{float32(math.Sqrt(squares))}, []float64{want}, 1e-5)
	}
}

func TestOverfitsOneBatch(t *testing.T) {
	start, err := checkpoint.ReadModel(os.DirFS("testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := NewRecipe()
	recipe.LearningRate, recipe.LearningSteps = 5e-3, 0
	recipe.LambdaSchedule = "none"
	recipe.BatchSize, recipe.SequenceLength = 2, 16
	training, err := NewTraining(recipe, start.Config, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	session, err := harness.NewSession(goBackend(t), start, training, harness.Auto)
	if err != nil {
		t.Fatal(err)
	}
	tokens := make([]int32, 2*17)
	for i := range tokens {
		tokens[i] = int32(i*i) % 61
	}
	var last float64
	for step := 1; step <= 80; step++ {
		result, err := session.Step(step, tokens)
		if err != nil {
			t.Fatal(err)
		}
		last = result.Loss
	}
	if last > 0.5 {
		t.Fatalf("loss after 80 steps on one batch is %v, want under 0.5", last)
	}
}
