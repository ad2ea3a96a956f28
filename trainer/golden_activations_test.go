package main

import (
	"os"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/backend/backendtest"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// goldenActivations are inputs of linear layers in 8 bits: single layers of 6
// outputs and 128 inputs on 5 tokens, and the tiny model with fixed scales.
type goldenActivations struct {
	Layers []struct {
		Scales, Start   string
		Lam             float64
		Weight, X, R, Y []float64
		GradWeight      []float64 `json:"grad_weight"`
		GradX           []float64 `json:"grad_x"`
	}
	Calibration [][]int32
	Scales      map[string][]float64
	Tokens      []int32
	Context     int
	EvalPPL     float64 `json:"eval_ppl"`
}

func TestInputsIn8BitsAgreeWithPyTorch(t *testing.T) {
	var golden goldenActivations
	readGolden(t, "activations.json", &golden)
	if len(golden.Layers) != 4 {
		t.Fatalf("got %d cases, want 4", len(golden.Layers))
	}
	for _, c := range golden.Layers {
		recipe := NewRecipe()
		recipe.ActivationBits, recipe.ActivationScales, recipe.ActivationStart = 8, c.Scales, c.Start
		training := &Training{Recipe: recipe}
		outputs, err := graph.CallOnceN(goBackend(t), func(x, weight, r, lambda *graph.Node) []*graph.Node {
			y := training.bitLinear(lambda, graph.ScalarZero(lambda.Graph(), lambda.DType()))("", x, weight, nil)
			return append([]*graph.Node{y}, graph.Gradient(graph.ReduceAllSum(graph.Mul(y, r)), weight, x)...)
		},
			tensors.FromFlatDataAndDimensions(float32s(c.X), 5, 128), tensors.FromFlatDataAndDimensions(float32s(c.Weight), 6, 128),
			tensors.FromFlatDataAndDimensions(float32s(c.R), 5, 6), float32(c.Lam),
		)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range [][]float64{c.Y, c.GradWeight, c.GradX} {
			name := c.Scales + ", " + c.Start + ": " + []string{"y", "weight gradient", "x gradient"}[i]
			near(t, name, tensors.MustCopyFlatData[float32](outputs[i]), want, 2e-6) // sums of at most 128 products in float32
		}
	}
}

// TestScalesPerChannelAreFixedInTraining holds what an export has of calibration
// text, and what the evaluator makes of it, to PyTorch.
func TestScalesPerChannelAreFixedInTraining(t *testing.T) {
	t.Run("go", func(t *testing.T) { testFixedScales(t, goBackend(t)) })
	t.Run("xla", func(t *testing.T) { testFixedScales(t, backendtest.XLA(t)) })
}

func testFixedScales(t *testing.T, engine compute.Backend) {
	t.Helper()
	var golden goldenActivations
	readGolden(t, "activations.json", &golden)
	start, err := checkpoint.ReadModel(os.DirFS("testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := NewRecipe()
	recipe.ActivationBits, recipe.ActivationScales = 8, "channel"
	recipe.BatchSize, recipe.SequenceLength = 2, 16
	training, err := NewTraining(recipe, start.Config, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	session, err := harness.NewSession(engine, start, training, harness.Auto)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Export(); err == nil {
		t.Error("an export without calibration text has scales from nowhere")
	}
	session.Calibration = golden.Calibration
	export, err := session.Export()
	if err != nil {
		t.Fatal(err)
	}
	if len(golden.Scales) != len(export.Layers) {
		t.Fatalf("golden scales of %d layers, the export has %d", len(golden.Scales), len(export.Layers))
	}
	for name, want := range golden.Scales {
		near(t, name, export.Layers[name].Inputs, want, 1e-5) // float32 sums through two layers, rounded alike
	}
	folder := t.TempDir()
	if err := checkpoint.WriteExport(folder, export); err != nil {
		t.Fatal(err)
	}
	if export, err = checkpoint.ReadExport(os.DirFS(folder), start.Config); err != nil {
		t.Fatal(err)
	}
	text := prepare.Tokens{IDs: golden.Tokens, Bytes: make([]int, len(golden.Tokens))}
	evaluator, err := evaluate.New(engine, evaluate.ExportNetwork(export), text, golden.Context)
	if err != nil {
		t.Fatal(err)
	}
	measured, err := evaluator.Measure(evaluate.ExportWeights(export))
	if err != nil {
		t.Fatal(err)
	}
	// 8-bit rounding turns a last-digit difference of a sum into a whole step.
	near(t, "eval_ppl", []float32{float32(measured.EvalPPL)}, []float64{golden.EvalPPL}, 1e-4)
}
