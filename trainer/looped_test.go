package main

import (
	"os"
	"testing"

	"github.com/ternlab/ternlab/trainer/backend/backendtest"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
)

// TestLoopedTrainsAsByLayer takes recipes whose graphs put most into a loop's
// body: learned scales, sorted weights, 8-bit activations, an optimizer with
// products of its own, logits in several chunks.
func TestLoopedTrainsAsByLayer(t *testing.T) {
	for name, change := range map[string]func(*Recipe){
		"lsq, muon, 8 bits per channel": func(r *Recipe) {
			r.Scale, r.Optimizer, r.ActivationBits, r.ActivationScales = "lsq", "muon", 8, "channel"
		},
		"optimal, 8 bits, tequila, two chunks": func(r *Recipe) {
			r.Scale, r.ActivationBits, r.DeadZoneRecovery, r.BatchSize = "optimal", 8, "tequila", 32
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := recipeSteps(t, harness.ByLayer, change)
			got := recipeSteps(t, harness.Looped, change)
			// The same sums, fused otherwise by XLA.
			near(t, "losses and norms", float32s(got), want, 1e-4)
		})
	}
}

// recipeSteps are losses and gradient norms of two steps on XLA.
func recipeSteps(t *testing.T, execution harness.Execution, change func(*Recipe)) []float64 {
	t.Helper()
	start, err := checkpoint.ReadModel(os.DirFS("testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := NewRecipe()
	recipe.LearningRate, recipe.LearningSteps = 1e-3, 0
	recipe.BatchSize, recipe.SequenceLength = 2, 16
	change(&recipe)
	training, err := NewTraining(recipe, start.Config, 2, false)
	if err != nil {
		t.Fatal(err)
	}
	session, err := harness.NewSession(backendtest.XLA(t), start, training, execution)
	if err != nil {
		t.Fatal(err)
	}
	var figures []float64
	for step := 1; step <= 2; step++ {
		tokens := make([]int32, recipe.BatchSize*17)
		for i := range tokens {
			tokens[i] = int32(i*i+step*i) % 61
		}
		result, err := session.Step(step, tokens)
		if err != nil {
			t.Fatal(err)
		}
		figures = append(figures, result.Loss, result.GradientNorm)
	}
	return figures
}
