package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/trainer/backend/backendtest"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
)

// trained is what three steps on four sequences of 16 tokens lead to.
type trained struct {
	losses, norms []float64
	model         checkpoint.Model
}

func trainInBatches(t *testing.T, engine compute.Backend, batchSize, accumulationSteps int, execution harness.Execution) trained {
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
	session, err := harness.NewSession(engine, start, training, execution)
	if err != nil {
		t.Fatal(err)
	}
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
	want := trainInBatches(t, goBackend(t), 4, 1, harness.Whole)
	for _, shape := range []struct{ size, steps int }{{2, 2}, {1, 4}} {
		for _, way := range []struct {
			name      string
			engine    compute.Backend
			execution harness.Execution
		}{
			{"go, whole", goBackend(t), harness.Whole},
			{"go, by layer", goBackend(t), harness.ByLayer},
			{"xla, looped", backendtest.XLA(t), harness.Looped},
		} {
			t.Run(fmt.Sprintf("%d of %d, %s", shape.steps, shape.size, way.name), func(t *testing.T) {
				got := trainInBatches(t, way.engine, shape.size, shape.steps, way.execution)
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
