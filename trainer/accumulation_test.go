package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
)

// trained is what three steps on four sequences of 16 tokens lead to.
type trained struct {
	losses, norms []float64
	model         checkpoint.Model
}

func trainInBatches(t *testing.T, batchSize, accumulationSteps int, byLayer bool) trained {
	t.Helper()
	start, err := checkpoint.ReadModel(os.DirFS("testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := NewRecipe()
	recipe.LearningRate, recipe.LearningSteps = 1e-3, 0
	recipe.BatchSize, recipe.SequenceLength, recipe.AccumulationSteps = batchSize, 16, accumulationSteps
	training, err := NewTraining(recipe, start.Config, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	session, err := harness.NewSession(goBackend(t), start, training)
	if err != nil {
		t.Fatal(err)
	}
	session.ByLayer = byLayer
	var result trained
	for step := 1; step <= 3; step++ {
		tokens := make([]int32, 4*17)
		for i := range tokens {
			tokens[i] = int32(i*i+step*i) % 61
		}
		got, err := session.Step(step, tokens)
		if err != nil {
			t.Fatal(err)
		}
		result.losses, result.norms = append(result.losses, got.Loss), append(result.norms, got.GradientNorm)
	}
	result.model, err = session.Model()
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestAccumulatedBatchesTrainLikeOneBatch(t *testing.T) {
	want := trainInBatches(t, 4, 1, false)
	for _, shape := range []struct{ size, steps int }{{2, 2}, {1, 4}} {
		for _, byLayer := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d of %d, by layer %v", shape.steps, shape.size, byLayer), func(t *testing.T) {
				got := trainInBatches(t, shape.size, shape.steps, byLayer)
				// The same sums in another order; Adam magnifies their rounding.
				near(t, "losses", float32s(got.losses), want.losses, 1e-5)
				near(t, "norms", float32s(got.norms), want.norms, 1e-4)
				for name, weights := range want.model.Weights {
					near(t, name, got.model.Weights[name], float64s(weights), 1e-3)
				}
			})
		}
	}
}

func TestRecipeNeedsABatch(t *testing.T) {
	recipe := NewRecipe()
	recipe.AccumulationSteps = 0
	_, err := NewTraining(recipe, nanoConfig(), 100, false)
	if err == nil || !strings.Contains(err.Error(), "accumulation steps is 0, want 1 or more") {
		t.Errorf("error is %v, want one about accumulation steps", err)
	}
}

func float64s(values []float32) []float64 {
	converted := make([]float64, len(values))
	for i, value := range values {
		converted[i] = float64(value)
	}
	return converted
}
