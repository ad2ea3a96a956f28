package main

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/knobs"
)

func TestLambda(t *testing.T) {
	for _, test := range []struct {
		schedule string
		want     [5]float64 // at 0, a quarter, half, the end, beyond
	}{
		{"linear", [5]float64{0, 0.25, 0.5, 1, 1}},
		{"cosine", [5]float64{0, 0.5 - math.Sqrt2/4, 0.5, 1, 1}},
		{"exponential", [5]float64{0, 1 - math.Pow(0.75, 4), 1 - 1.0/16, 1, 1}},
		{"step", [5]float64{0, 0.25, 0.5, 1, 1}},
		{"none", [5]float64{1, 1, 1, 1, 1}},
	} {
		recipe := NewRecipe()
		recipe.LambdaSchedule, recipe.LambdaSteps = test.schedule, 100
		training := &Training{Recipe: recipe}
		for i, step := range []int{0, 25, 50, 100, 150} {
			if got := training.lambda(step); math.Abs(got-test.want[i]) > 1e-12 {
				t.Errorf("%s: lambda at step %d is %v, want %v", test.schedule, step, got, test.want[i])
			}
		}
	}
}

func TestLearningRateRisesToItsPeak(t *testing.T) {
	recipe := NewRecipe()
	recipe.LearningRate, recipe.LearningSteps = 1e-3, 10
	training := &Training{Recipe: recipe}
	for step, want := range map[int]float64{1: 1e-4, 5: 5e-4, 10: 1e-3, 1000: 1e-3} {
		if got := training.learningRate(step); math.Abs(got-want) > 1e-15 {
			t.Errorf("learning rate at step %d is %v, want %v", step, got, want)
		}
	}
	training.LearningSteps = 0
	if got := training.learningRate(1); got != 1e-3 {
		t.Errorf("learning rate without a warmup is %v at step 1, want 1e-3", got)
	}
}

func TestGroupSizeThatDoesNotFitNamesTheLayers(t *testing.T) {
	config := nanoConfig()
	config.HiddenSize, config.NumAttentionHeads, config.NumKeyValueHeads, config.IntermediateSize = 576, 9, 3, 1536
	recipe := NewRecipe()
	if _, err := NewTraining(recipe, config, 100, false); err != nil {
		t.Fatalf("group size 64 on SmolLM's widths: %v", err)
	}
	recipe.GroupSize = "128"
	_, err := NewTraining(recipe, config, 100, false)
	if err == nil {
		t.Fatal("group size 128 on rows of 576 was accepted")
	}
	for _, want := range []string{"128", "q_proj", "rows of 576", "64"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "down_proj") {
		t.Errorf("error %q names down_proj, whose rows of 1536 fit", err)
	}
}

// A value that no case knows would train the default and be recorded as something
// else; a value of a domain must have its case.
func TestEachNamedMethodIsKnownOrRefused(t *testing.T) {
	list, err := knobs.Parse(recipeSource)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, knob := range list {
		if knob.Kind != knobs.String {
			continue
		}
		checked++
		for _, value := range append([]string{"sigmoid"}, knob.Domain.Choices...) {
			recipe := NewRecipe()
			reflect.ValueOf(&recipe).Elem().FieldByName(knob.Name).SetString(value)
			_, err := NewTraining(recipe, nanoConfig(), 100, true)
			switch {
			case value != "sigmoid" && err != nil:
				t.Errorf("%s %s: %v", knob.Name, value, err)
			case value == "sigmoid" && (err == nil || !strings.Contains(err.Error(), strings.ToLower(knob.Title()))):
				t.Errorf("%s %s: error is %v, want one that names the %s", knob.Name, value, err, knob.Title())
			}
		}
	}
	if checked != 9 {
		t.Errorf("checked %d knobs of named methods, want 9", checked)
	}
	recipe := NewRecipe()
	recipe.ActivationBits = 4
	if _, err := NewTraining(recipe, nanoConfig(), 100, true); err == nil {
		t.Error("activations of 4 bits were accepted, which would train with 16")
	}
}

func TestReactivationKeepsZerosNearItsShare(t *testing.T) {
	weights := make([]float32, 64*64)
	for i := range weights { // many small weights, few large ones
		x := float64(i%64)/32 - 1
		weights[i] = float32(x * x * x)
	}
	zeros := func(recovery string) float64 {
		recipe := NewRecipe()
		recipe.DeadZoneRecovery = recovery
		training := &Training{Recipe: recipe}
		codes := graph.MustExecOnce(goBackend(t), func(w *graph.Node) *graph.Node {
			codes, _ := training.quantize(w, nil)
			return codes
		}, tensors.FromFlatDataAndDimensions(weights, 64, 64))
		count := 0
		for _, code := range tensors.MustCopyFlatData[float32](codes) {
			if code == 0 {
				count++
			}
		}
		return float64(count) / float64(len(weights))
	}
	before, after := zeros("none"), zeros("reactivate")
	if before < 0.45 {
		t.Fatalf("share of zeros without recovery is %v; the test needs more than 0.45", before)
	}
	if after >= before {
		t.Errorf("share of zeros is %v with reactivation, %v without", after, before)
	}
}
