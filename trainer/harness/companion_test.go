package harness_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// student has all that a training may have beside weights: a trained gain for
// each output of a linear layer, optimizer states for some tensors only, and
// losses that compare logits and layers with a teacher's.
type student struct {
	descent
	batches int
}

// AccumulatedBatches is as the test says.
func (s student) AccumulatedBatches() int { return s.batches }

// Companions are a gain for each output.
func (s student) Companions(weight llama.Tensor) []harness.Companion {
	start := func(weight *Node) *Node { return OnePlus(ReduceMean(weight, -1)) }
	return []harness.Companion{{Name: ".gain", Shape: weight.Shape[:1], Start: start}}
}

// Linear multiplies by the gain, and by a little less as lambda and residual say.
func (s student) Linear(lambda, residual *Node) harness.Linear {
	return func(name string, x, weight *Node, companions []*Node) *Node {
		y := Mul(llama.Dense(name, x, weight), ExpandAxes(companions[0], 0))
		return Mul(y, OneMinus(Mul(MulScalar(lambda, 0.1), residual)))
	}
}

// Schedule has a residual.
func (s student) Schedule(step int) harness.Schedule {
	schedule := s.descent.Schedule(step)
	schedule.Residual = 0.5
	return schedule
}

// Distills is true.
func (s student) Distills() bool { return true }

// Losses add the squared distance to the teacher's logits.
func (s student) Losses(logits, teacher, targets *Node) (minimized, crossEntropy *Node) {
	crossEntropy, _ = s.descent.Losses(logits, nil, targets)
	return Add(crossEntropy, ReduceMean(Square(Sub(logits, teacher)), -1)), crossEntropy
}

// LayerLosses are squared distances.
func (s student) LayerLosses(x, teacher *Node) *Node {
	return ReduceMean(Square(Sub(x, teacher)), -1)
}

// OptimizerStates is one for linear weights.
func (s student) OptimizerStates(tensor llama.Tensor) int {
	if tensor.Linear {
		return 1
	}
	return 0
}

// Update is descent, with momentum for linear weights.
func (s student) Update(_ llama.Tensor, weight, gradient *Node, states []*Node, _, learningRate, _ *Node) (newWeight *Node, newStates []*Node) {
	for i := range states {
		gradient = Add(gradient, MulScalar(states[i], 0.5))
		newStates = append(newStates, gradient)
	}
	return Sub(weight, Mul(learningRate, gradient)), newStates
}

// Quantize puts the gain into the scales.
func (s student) Quantize(weight *Node, companions []*Node) harness.Quantized {
	quantized := s.descent.Quantize(weight, nil)
	quantized.Scales = Mul(quantized.Scales, InsertAxes(Abs(companions[0]), -1))
	return quantized
}

// TestBothWaysOfAStepAgree trains with companions and a teacher, as one graph and
// layer by layer.
func TestBothWaysOfAStepAgree(t *testing.T) {
	for _, batches := range []int{1, 2} {
		t.Run(fmt.Sprint(batches, " batches"), func(t *testing.T) { testBothWays(t, batches) })
	}
}

func testBothWays(t *testing.T, batches int) {
	t.Helper()
	engine, err := backend.Open(backend.Go, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, start := small(t)
	start.Config.NumHiddenLayers = 2
	for _, tensor := range start.Config.LayerTensors() {
		start.Weights[llama.LayerName(1, tensor.Name)] = start.Weights[llama.LayerName(0, tensor.Name)]
	}
	var results [2][]harness.StepResult
	var exports [2]checkpoint.Export
	for i, execution := range []harness.Execution{harness.Whole, harness.ByLayer} {
		session, err := harness.NewSession(engine.Backend, start, student{descent{config: start.Config, learningRate: 0.05}, batches}, execution)
		if err != nil {
			t.Fatal(err)
		}
		for step := 1; step <= 3; step++ {
			tokens := make([]int32, batches*2*17)
			for j := range tokens {
				tokens[j] = int32(j*j*step) % 512
			}
			result, err := session.Step(step, tokens)
			if err != nil {
				t.Fatal(err)
			}
			results[i] = append(results[i], result)
		}
		if exports[i], err = session.Export(); err != nil {
			t.Fatal(err)
		}
	}
	const tolerance = 1e-5 // float32 sums in another order, over three steps
	far := func(a, b float64) bool { return !(math.Abs(a-b) <= tolerance*math.Abs(b)) }
	for i, whole := range results[0] {
		byLayer := results[1][i]
		if far(byLayer.Loss, whole.Loss) || far(byLayer.GradientNorm, whole.GradientNorm) {
			t.Errorf("step %d: by layer %+v, whole %+v", i+1, byLayer, whole)
		}
	}
	if results[0][0].GradientNorm == results[0][2].GradientNorm {
		t.Error("three steps changed nothing")
	}
	for _, name := range slices.Sorted(maps.Keys(exports[0].Layers)) {
		for i, scale := range exports[0].Layers[name].Scales {
			if math.Abs(float64(exports[1].Layers[name].Scales[i]-scale)) > 1e-3*float64(scale) { // rounded to fp16
				t.Fatalf("%s: scale %d is %v by layer, %v whole", name, i, exports[1].Layers[name].Scales[i], scale)
			}
		}
	}
}
