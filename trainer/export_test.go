package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// choices are those that recipe.go's comment allows for a knob.
func choices(t *testing.T, knob string) []string {
	t.Helper()
	source, err := os.ReadFile("recipe.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(knob + `: +"\w+", +// \{([^}]+)\}`).FindSubmatch(source)
	if found == nil {
		t.Fatalf("recipe.go has no choices for %s", knob)
	}
	return strings.Split(string(found[1]), ", ")
}

// TestExportKeepsEveryBit trains a little with each quantizer and each recovery,
// and follows the weights from the training to the files that ship: what is read
// from an export and from both kinds of GGUF file are the codes, scales and
// biases of the training, scales rounded to fp16.
func TestExportKeepsEveryBit(t *testing.T) {
	for _, scale := range choices(t, "Scale") {
		for _, recovery := range choices(t, "DeadZoneRecovery") {
			t.Run(scale+" "+recovery, func(t *testing.T) {
				export := trainTiny(t, scale, recovery)
				folder := filepath.Join(t.TempDir(), "export")
				if err := checkpoint.WriteExport(folder, export); err != nil {
					t.Fatal(err)
				}
				read, err := checkpoint.ReadExport(os.DirFS(folder), export.Config)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(export, read); diff != "" {
					t.Fatalf("the export changed on disk (-want +got):\n%.1000s", diff)
				}
				for _, ternary := range []bool{true, false} {
					checkGGUF(t, read, ternary)
				}
			})
		}
	}
}

// trainTiny is the export of a session after three steps.
func trainTiny(t *testing.T, scale, recovery string) checkpoint.Export {
	t.Helper()
	start, err := checkpoint.ReadModel(os.DirFS("testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := NewRecipe()
	recipe.Scale, recipe.DeadZoneRecovery = scale, recovery
	recipe.LambdaSchedule, recipe.LearningRate, recipe.LearningSteps = "none", 1e-2, 0
	recipe.BatchSize, recipe.SequenceLength = 2, 16
	training, err := NewTraining(recipe, start.Config, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	session, err := harness.NewSession(goBackend(t), start, training, harness.Auto)
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= 3; step++ {
		tokens := make([]int32, 2*17)
		for i := range tokens {
			tokens[i] = int32(i*i+step) % 61
		}
		if _, err := session.Step(step, tokens); err != nil {
			t.Fatal(err)
		}
	}
	export, err := session.Export()
	if err != nil {
		t.Fatal(err)
	}
	return export
}

func checkGGUF(t *testing.T, export checkpoint.Export, ternary bool) {
	t.Helper()
	vocabulary := tokenizer.Vocabulary{Tokens: []tokenizer.Token{{Text: "<|endoftext|>", Kind: tokenizer.Special}, {Text: "a"}}}
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	if err := checkpoint.WriteGGUF(path, export, checkpoint.GGUFOptions{
		Name: "tiny", Ternary: ternary, Embeddings: "f32", Vocabulary: vocabulary,
	}); err != nil {
		t.Fatal(err)
	}
	read, err := checkpoint.ReadGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, layer := range export.Layers {
		sameBits(t, fmt.Sprintf("%s, ternary %v", name, ternary), layer.Dequantize(), read.Weights[name])
		sameBits(t, fmt.Sprintf("bias of %s, ternary %v", name, ternary), layer.Bias, read.Biases[name])
	}
	for name, values := range export.Dense {
		sameBits(t, name, values, read.Weights[name])
	}
}

func sameBits(t *testing.T, what string, want, got []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] { // the same bits, but for the sign of 0
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}
