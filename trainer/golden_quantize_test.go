package main

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/llama"
)

// quantizerCase is a linear layer of 6 outputs and 128 inputs on 3 tokens.
type quantizerCase struct {
	Name                   string
	Group                  int
	Lam, Tequila, Residual float64
	DeadZone               float64 `json:"dead_zone"`
	Weight, X, R, Alpha, Y []float64
	Codes, Scales, Bias    []float64
	GradWeight             []float64 `json:"grad_weight"`
	GradX                  []float64 `json:"grad_x"`
	GradAlpha              []float64 `json:"grad_alpha"`
}

func (c quantizerCase) training() *Training {
	recipe := NewRecipe()
	recipe.Scale, recipe.GroupSize, recipe.DeadZone = c.Name, strconv.Itoa(c.Group), c.DeadZone
	if c.Tequila != 0 {
		recipe.DeadZoneRecovery, recipe.TequilaEpsilon = "tequila", c.Tequila
	}
	if c.Residual != 0 {
		recipe.DeadZoneRecovery = "arenas"
	}
	return &Training{Recipe: recipe}
}

func TestQuantizersAgreeWithPyTorch(t *testing.T) {
	var cases []quantizerCase
	readGolden(t, "quantizers.json", &cases)
	seen := map[string]bool{}
	for i, c := range cases {
		seen[c.Name] = true
		t.Run(fmt.Sprint(i, " ", c.Name), func(t *testing.T) { testQuantizer(t, c) })
	}
	if len(seen) != 6 {
		t.Errorf("there are golden values for %d of the recipe's 6 scales", len(seen))
	}
}

func testQuantizer(t *testing.T, c quantizerCase) {
	t.Helper()
	training := c.training()
	alpha := c.Alpha
	if alpha == nil { // not learned, so whatever is handed in has no effect
		alpha = make([]float64, 6*128/c.Group)
	}
	outputs, err := graph.CallOnceN(goBackend(t), func(x, weight, r, alpha, lambda, residual *graph.Node) []*graph.Node {
		companions := []*graph.Node{alpha}
		y := training.bitLinear(lambda, residual)("", x, weight, companions)
		gradients := graph.Gradient(graph.ReduceAllSum(graph.Mul(y, r)), weight, x)
		exported := training.Quantize(weight, companions)
		outputs := []*graph.Node{y, gradients[0], gradients[1], exported.Codes, exported.Scales}
		if c.Alpha != nil {
			outputs = append(outputs, graph.Gradient(graph.ReduceAllSum(graph.Mul(y, r)), alpha)...)
		}
		if exported.Bias != nil {
			outputs = append(outputs, exported.Bias)
		}
		return outputs
	},
		tensors.FromFlatDataAndDimensions(float32s(c.X), 3, 128), tensors.FromFlatDataAndDimensions(float32s(c.Weight), 6, 128),
		tensors.FromFlatDataAndDimensions(float32s(c.R), 3, 6), tensors.FromFlatDataAndDimensions(float32s(alpha), 6, 128/c.Group),
		float32(c.Lam), float32(c.Residual),
	)
	if err != nil {
		t.Fatal(err)
	}
	names, want := []string{"y", "weight gradient", "x gradient", "codes", "scales"}, [][]float64{c.Y, c.GradWeight, c.GradX, c.Codes, c.Scales}
	if c.Alpha != nil {
		names, want = append(names, "alpha gradient"), append(want, c.GradAlpha)
	}
	if c.Tequila != 0 {
		names, want = append(names, "exported bias"), append(want, c.Bias)
	}
	if len(outputs) != len(want) {
		t.Fatalf("got %d outputs, want %d", len(outputs), len(want))
	}
	for i := range want {
		// Sums of at most 128 products in float32; a gradient of alpha sums the
		// small differences of 128 of them.
		near(t, names[i], tensors.MustCopyFlatData[float32](outputs[i]), want[i], 4e-6)
	}
}

// TestExportIsWhatTrainsAtLambda1 holds the exported codes and scales to the
// weights that a layer effectively has at lambda 1, bit for bit.
func TestExportIsWhatTrainsAtLambda1(t *testing.T) {
	var cases []quantizerCase
	readGolden(t, "quantizers.json", &cases)
	identity := make([]float32, 128*128)
	for i := range 128 {
		identity[i*128+i] = 1
	}
	for _, c := range cases {
		training := c.training()
		training.DeadZoneRecovery = "none"
		outputs, err := graph.CallOnceN(goBackend(t), func(identity, weight, alpha *graph.Node) []*graph.Node {
			companions := []*graph.Node{alpha}
			one, zero := graph.ScalarOne(weight.Graph(), weight.DType()), graph.ScalarZero(weight.Graph(), weight.DType())
			effective := training.bitLinear(one, zero)("", identity, weight, companions) // [in, out]
			exported := training.Quantize(weight, companions)
			return []*graph.Node{graph.Transpose(effective, 0, 1), dequantize(exported.Codes, exported.Scales)}
		},
			tensors.FromFlatDataAndDimensions(identity, 128, 128), tensors.FromFlatDataAndDimensions(float32s(c.Weight), 6, 128),
			tensors.FromFlatDataAndDimensions(float32s(append(c.Alpha, make([]float64, 6*128/c.Group-len(c.Alpha))...)), 6, 128/c.Group),
		)
		if err != nil {
			t.Fatal(err)
		}
		trained, exported := tensors.MustCopyFlatData[float32](outputs[0]), tensors.MustCopyFlatData[float32](outputs[1])
		for i := range exported {
			if trained[i] != exported[i] {
				t.Fatalf("%s: weight %d trains as %v, is exported as %v", c.Name, i, trained[i], exported[i])
			}
		}
	}
}

func TestLearnedScalesStartAtTWNs(t *testing.T) {
	var cases []quantizerCase
	readGolden(t, "quantizers.json", &cases)
	weight := tensors.FromFlatDataAndDimensions(float32s(cases[0].Weight), 6, 128)
	backend := goBackend(t)
	quantized := func(scale string) (codes, scales []float32) {
		recipe := NewRecipe()
		recipe.Scale = scale
		training := &Training{Recipe: recipe}
		outputs, err := graph.CallOnceN(backend, func(w *graph.Node) []*graph.Node {
			var companions []*graph.Node
			for _, companion := range training.Companions(llama.Tensor{Shape: []int{6, 128}, Linear: true}) {
				companions = append(companions, companion.Start(w))
			}
			codes, scales := training.quantize(w, companions)
			return []*graph.Node{codes, scales}
		}, weight)
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float32](outputs[0]), tensors.MustCopyFlatData[float32](outputs[1])
	}
	_, want := quantized("twn")
	for _, learned := range []string{"lsq", "seq"} {
		codes, scales := quantized(learned)
		zeros := 0
		for _, code := range codes {
			if code == 0 {
				zeros++
			}
		}
		if share := float64(zeros) / float64(len(codes)); share < 0.35 || share > 0.55 {
			t.Errorf("%s starts with %.2f zeros, want about the 0.45 that is best for normal weights", learned, share)
		}
		for i, scale := range scales {
			if math.Abs(float64(scale-want[i])) > 1e-6*float64(want[i]) {
				t.Errorf("%s starts with scale %v, TWN has %v", learned, scale, want[i])
			}
		}
	}
}
