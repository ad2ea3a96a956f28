package main

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/llama"
)

func TestSchedulesAgreeWithTransformers(t *testing.T) {
	var golden struct {
		Rates     map[string][]float64
		Lambdas   map[string][]float64
		Residuals []float64
	}
	readGolden(t, "schedules.json", &golden)
	const steps, warmup, tolerance = 100, 10, 1e-12
	differ := func(got, want float64) bool { return !(math.Abs(got-want) <= tolerance) }
	for decay, want := range golden.Rates {
		recipe := NewRecipe()
		recipe.LearningRate, recipe.LearningSteps, recipe.LearningDecay, recipe.DecayShare = 1, warmup, decay, 0.4
		training := &Training{Recipe: recipe, steps: steps}
		for step := 1; step <= steps; step++ {
			// transformers counts from 0 and begins its warmup at 0; ours ends one
			// step sooner, and stays at the peak for that step.
			at := step - 1
			if step <= warmup {
				at = step
			}
			if got := training.learningRate(step); differ(got, want[at]) {
				t.Errorf("%s: learning rate at step %d is %v, want %v", decay, step, got, want[at])
			}
		}
	}
	for schedule, want := range golden.Lambdas {
		recipe := NewRecipe()
		recipe.LambdaSchedule, recipe.LambdaSteps, recipe.LambdaRate, recipe.LambdaLevels = schedule, 200, 6, 8
		training := &Training{Recipe: recipe}
		for i, step := range []int{0, 50, 100, 200, 400} {
			if got := training.lambda(step); differ(got, want[i]) {
				t.Errorf("%s: lambda at step %d is %v, want %v", schedule, step, got, want[i])
			}
		}
	}
	recipe := NewRecipe()
	recipe.DeadZoneRecovery = "arenas"
	for i, step := range []int{0, 5, 25, 50, 100} {
		if got := (&Training{Recipe: recipe, steps: steps}).residual(step); differ(got, golden.Residuals[i]) {
			t.Errorf("residual at step %d is %v, want %v", step, got, golden.Residuals[i])
		}
	}
	if len(golden.Rates) != 3 || len(golden.Lambdas) != 5 {
		t.Errorf("golden values for %d decays and %d lambda schedules, want 3 and 5", len(golden.Rates), len(golden.Lambdas))
	}
}

func TestMuonAgreesWithPyTorch(t *testing.T) {
	var cases []struct {
		Shape            []int
		Start            []float64
		Gradients        [][]float64
		Weight, BFloat16 []float64
	}
	readGolden(t, "muon.json", &cases)
	recipe := NewRecipe()
	recipe.Optimizer, recipe.WeightDecay = "muon", 0.1
	training := &Training{Recipe: recipe}
	backend := goBackend(t)
	for _, c := range cases {
		tensor := llama.Tensor{Name: "mlp.up_proj.weight", Shape: c.Shape, Linear: true}
		if got := training.OptimizerStates(tensor); got != 1 {
			t.Fatalf("Muon keeps %d states, want 1", got)
		}
		weight := tensors.FromFlatDataAndDimensions(float32s(c.Start), c.Shape...)
		state := tensors.FromFlatDataAndDimensions(make([]float32, len(c.Start)), c.Shape...)
		for _, values := range c.Gradients {
			outputs, err := graph.CallOnceN(backend, func(weight, gradient, state *graph.Node) []*graph.Node {
				g := weight.Graph()
				rate := graph.Scalar(g, weight.DType(), 0.01)
				weight, states := training.Update(tensor, weight, gradient, []*graph.Node{state}, graph.ScalarZero(g, weight.DType()), rate, rate)
				return []*graph.Node{weight, states[0]}
			}, weight, tensors.FromFlatDataAndDimensions(float32s(values), c.Shape...), state)
			if err != nil {
				t.Fatal(err)
			}
			weight, state = outputs[0], outputs[1]
		}
		got := tensors.MustCopyFlatData[float32](weight)
		near(t, "weight", got, c.Weight, 1e-5)                  // five products of up to 32 terms, three times
		near(t, "weight of torch.optim", got, c.BFloat16, 1e-2) // whose products are in bfloat16, of three digits
	}
	for _, other := range []llama.Tensor{{Name: llama.Embedding, Shape: []int{61, 64}}, {Name: llama.FinalNorm, Shape: []int{64}}} {
		if training.OptimizerStates(other) != 2 {
			t.Errorf("%s isn't left to AdamW", other.Name)
		}
	}
}

func TestDistillationAgreesWithPyTorch(t *testing.T) {
	var cases []struct {
		CrossEntropy  float64 `json:"cross_entropy"`
		DistillLogits float64 `json:"distill_logits"`
		Temperature   float64
		DistillLayers float64 `json:"distill_layers"`
		Distance      string
		Logits        []float64
		TeacherLogits []float64 `json:"teacher_logits"`
		X, Teacher    []float64
		Targets       []int32
		Loss, Entropy float64
		LayerLoss     float64   `json:"layer_loss"`
		GradLogits    []float64 `json:"grad_logits"`
		GradX         []float64 `json:"grad_x"`
	}
	readGolden(t, "losses.json", &cases)
	if len(cases) != 3 {
		t.Fatalf("got %d cases, want 3", len(cases))
	}
	for _, c := range cases {
		recipe := NewRecipe()
		recipe.CrossEntropy, recipe.DistillLogits, recipe.Temperature = c.CrossEntropy, c.DistillLogits, c.Temperature
		recipe.DistillLayers, recipe.LayersDistance = c.DistillLayers, c.Distance
		training := &Training{Recipe: recipe}
		outputs, err := graph.CallOnceN(goBackend(t), func(logits, teacherLogits, x, teacher, targets *graph.Node) []*graph.Node {
			losses, entropy := training.Losses(logits, teacherLogits, targets)
			ofLayer := graph.ReduceAllMean(training.LayerLosses(x, teacher))
			loss := graph.ReduceAllMean(losses)
			gradients := graph.Gradient(graph.Add(loss, ofLayer), logits, x)
			return append([]*graph.Node{loss, graph.ReduceAllMean(entropy), ofLayer}, gradients...)
		},
			tensors.FromFlatDataAndDimensions(float32s(c.Logits), 7, 31), tensors.FromFlatDataAndDimensions(float32s(c.TeacherLogits), 7, 31),
			tensors.FromFlatDataAndDimensions(float32s(c.X), 7, 16), tensors.FromFlatDataAndDimensions(float32s(c.Teacher), 7, 16),
			tensors.FromFlatDataAndDimensions(c.Targets, 7),
		)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range [][]float64{{c.Loss}, {c.Entropy}, {c.LayerLoss}, c.GradLogits, c.GradX} {
			name := []string{"loss", "cross-entropy", "layer loss", "gradient of logits", "gradient of x"}[i]
			value := outputs[i]
			near(t, name, tensors.MustCopyFlatData[float32](value), want, 3e-6) // softmaxes of 31 values in float32
		}
	}
}
