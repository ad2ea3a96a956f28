package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
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

// TestTrainingStepsAgreeWithPyTorch holds both ways of running a step to the
// same figures.
func TestTrainingStepsAgreeWithPyTorch(t *testing.T) {
	for _, byLayer := range []bool{false, true} {
		t.Run(fmt.Sprintf("by layer %v", byLayer), func(t *testing.T) { testTrainingSteps(t, byLayer) })
	}
}

func testTrainingSteps(t *testing.T, byLayer bool) {
	t.Helper()
	var golden struct {
		Lam          float64
		LearningRate float64 `json:"learning_rate"`
		WeightDecay  float64 `json:"weight_decay"`
		Steps        []struct {
			Tokens       []int32
			Loss         float64
			GradientNorm float64 `json:"gradient_norm"`
		}
		Weights map[string][]float64
	}
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
	session, err := harness.NewSession(goBackend(t), start, constantLambda{training, golden.Lam})
	if err != nil {
		t.Fatal(err)
	}
	session.ByLayer = byLayer
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
	session, err := harness.NewSession(goBackend(t), start, training)
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
