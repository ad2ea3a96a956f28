package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/generate"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/progress"
)

// llamaCppAnswer is what testdata/llamacpp.py prints.
type llamaCppAnswer struct {
	Prompt, Written []int32
	PPL             float64
}

// askLlamaCpp runs a GGUF file with llama.cpp.
func askLlamaCpp(t *testing.T, python, model, prompt string, tokens int, windows [][]int32) llamaCppAnswer {
	t.Helper()
	request, err := json.Marshal(map[string]any{"prompt": prompt, "tokens": tokens, "windows": windows})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "request.json")
	if err := os.WriteFile(path, request, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "testdata/llamacpp.py", model, path)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("run llama.cpp: %v\n%s", err, stderr.String())
	}
	var answer llamaCppAnswer
	if err := json.Unmarshal(output, &answer); err != nil {
		t.Fatalf("read what llama.cpp says: %v\n%s", err, output)
	}
	return answer
}

// TestLlamaCppAgrees trains nano, exports it, and holds llama.cpp's tokens, text
// and perplexity to ours. It needs Python with llama-cpp-python, named by
// TERNLAB_LLAMACPP_PYTHON; CI says whether it has one.
func TestLlamaCppAgrees(t *testing.T) {
	python := os.Getenv("TERNLAB_LLAMACPP_PYTHON")
	if python == "" {
		t.Skip("TERNLAB_LLAMACPP_PYTHON names no python with llama-cpp-python")
	}
	for _, recovery := range []string{"none", "tequila"} {
		t.Run(recovery, func(t *testing.T) { testLlamaCpp(t, python, recovery) })
	}
}

func testLlamaCpp(t *testing.T, python, recovery string) {
	t.Helper()
	preset, export := trainNano(t, recovery)
	tokens, err := preset.EvalTokens()
	if err != nil {
		t.Fatal(err)
	}
	windows := slices.Collect(slices.Chunk(tokens.IDs, preset.Context))
	windows = windows[:len(tokens.IDs)/preset.Context]
	evaluator, err := evaluate.New(goBackend(t), evaluate.ExportNetwork(export), tokens, preset.Context)
	if err != nil {
		t.Fatal(err)
	}
	want, err := evaluator.Measure(evaluate.ExportWeights(export))
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := preset.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	vocabulary, err := tokenizer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	const prompt = "One day, a small  fox\n\n\nsaw 1984 «owls»\t\t(it's)."
	prompted := tokenizer.Encode(prompt).IDs
	for _, ternary := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "nano.gguf")
		if err := checkpoint.WriteGGUF(path, export, checkpoint.GGUFOptions{
			Name: "nano", Ternary: ternary, Embeddings: "f16", Vocabulary: vocabulary,
		}); err != nil {
			t.Fatal(err)
		}
		got := askLlamaCpp(t, python, path, prompt, 40, windows)
		if diff := cmp.Diff(prompted, got.Prompt); diff != "" {
			t.Errorf("ternary %v: tokens of the prompt (-want +got):\n%s", ternary, diff)
		}
		t.Logf("ternary %v: eval_ppl %.4f, llama.cpp's %.4f", ternary, want.EvalPPL, got.PPL)
		if difference := got.PPL/want.EvalPPL - 1; math.Abs(difference) > 0.005 {
			t.Errorf("ternary %v: perplexity is %g, want %g: off by %.2f %%", ternary, got.PPL, want.EvalPPL, 100*difference)
		}
		same, margin := followGreedily(t, export, prompted, got.Written)
		t.Logf("ternary %v: the first %d of %d tokens are those that we write, then a margin of %.3f", ternary, same, len(got.Written), margin)
		if margin > 0.1 {
			t.Errorf("ternary %v: token %d of the text isn't the one that we write, whose logit is higher by %g:\n%s",
				ternary, same+1, margin, tokenizer.Decode(got.Written...))
		}
	}
}

// trainNano is nano after 60 steps of a recipe that learns quickly.
func trainNano(t *testing.T, recovery string) (prepare.Preset, checkpoint.Export) {
	t.Helper()
	preset, err := prepare.Open(prepare.Nano)
	if err != nil {
		t.Fatal(err)
	}
	start, err := preset.Model()
	if err != nil {
		t.Fatal(err)
	}
	recipe := NewRecipe()
	recipe.LambdaSchedule, recipe.LearningRate, recipe.LearningSteps, recipe.DeadZoneRecovery = "none", 2e-3, 10, recovery
	training, err := NewTraining(recipe, start.Config, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	run := harness.Run{
		Preset: preset, Start: start, Training: training, Backend: goBackend(t),
		Steps: 60, EvalEvery: 60, Seed: 1, Out: out, Progress: progress.NewPlain(t.Output()),
	}
	if err := run.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	export, err := checkpoint.ReadExport(os.DirFS(filepath.Join(out, "export")), start.Config)
	if err != nil {
		t.Fatal(err)
	}
	return preset, export
}

// followGreedily says how many tokens of a text we would write, too, taking the
// likeliest each time, and by how much our logit of the first other one is
// lower. llama.cpp rounds the inputs of linear layers and its cache to 8 or 16
// bits, so that near ties may go either way.
func followGreedily(t *testing.T, export checkpoint.Export, prompt, written []int32) (same int, margin float32) {
	t.Helper()
	text := slices.Concat(prompt, written)
	generator, err := generate.New(goBackend(t), evaluate.ExportNetwork(export), evaluate.ExportWeights(export), len(text))
	if err != nil {
		t.Fatal(err)
	}
	for position, token := range text[:len(text)-1] {
		logits, err := generator.Next(token)
		if err != nil {
			t.Fatal(err)
		}
		if position+1 < len(prompt) {
			continue
		}
		next := text[position+1]
		if lower := slices.Max(logits) - logits[next]; lower > 0 {
			return same, lower
		}
		same++
	}
	return same, 0
}
