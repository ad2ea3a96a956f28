package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/backend"
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

// askLlamaCpp runs a GGUF file with llama.cpp. The logits are those at each token
// of the first window, [tokens, vocabulary].
func askLlamaCpp(t *testing.T, python, model, prompt string, windows [][]int32) (answer llamaCppAnswer, logits []float32) {
	t.Helper()
	folder := t.TempDir()
	logitsFile, requestFile := filepath.Join(folder, "logits"), filepath.Join(folder, "request.json")
	request, err := json.Marshal(map[string]any{"prompt": prompt, "tokens": 40, "windows": windows, "logits": logitsFile})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(requestFile, request, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "testdata/llamacpp.py", model, requestFile)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("run llama.cpp: %v\n%s", err, stderr.String())
	}
	if err := json.Unmarshal(output, &answer); err != nil {
		t.Fatalf("read what llama.cpp says: %v\n%s", err, output)
	}
	data, err := os.ReadFile(logitsFile)
	if err != nil {
		t.Fatal(err)
	}
	for raw := range slices.Chunk(data, 4) {
		logits = append(logits, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	return answer, logits
}

// llamaCppPython is the Python with llama-cpp-python that TERNLAB_LLAMACPP_PYTHON
// names; CI says whether it has one.
func llamaCppPython(t *testing.T) string {
	t.Helper()
	python := os.Getenv("TERNLAB_LLAMACPP_PYTHON")
	if python == "" {
		t.Skip("TERNLAB_LLAMACPP_PYTHON names no python with llama-cpp-python")
	}
	return python
}

// TestLlamaCppAgrees trains nano, exports it, and holds llama.cpp's tokens, text,
// perplexity and logits to ours.
func TestLlamaCppAgrees(t *testing.T) {
	python := llamaCppPython(t)
	for _, recovery := range []string{"none", "tequila"} {
		t.Run(recovery, func(t *testing.T) {
			preset, export := trainNano(t, recovery)
			s := subject{preset: preset, export: export, engine: goBackend(t)}
			s.prompt, s.context = "One day, a small  fox\n\n\nsaw 1984 «owls»\t\t(it's).", preset.Context
			s.compare(t, python)
		})
	}
}

// TestLlamaCppAgreesOnAnExport does the same with the export of any training:
//
//	TERNLAB_LLAMACPP_EXPORT     its folder
//	TERNLAB_LLAMACPP_REFERENCE  what it was trained from, with the tokenizer
//	TERNLAB_LLAMACPP_TEXT       the text to measure, of which 12 windows of 128 tokens are taken
func TestLlamaCppAgreesOnAnExport(t *testing.T) {
	python := llamaCppPython(t)
	folder, reference, text := os.Getenv("TERNLAB_LLAMACPP_EXPORT"), os.Getenv("TERNLAB_LLAMACPP_REFERENCE"), os.Getenv("TERNLAB_LLAMACPP_TEXT")
	if folder == "" {
		t.Skip("TERNLAB_LLAMACPP_EXPORT names no export")
	}
	pretrained, err := prepare.OpenPretrained(reference)
	if err != nil {
		t.Fatal(err)
	}
	preset, err := prepare.Open(prepare.Nano)
	if err != nil {
		t.Fatal(err)
	}
	preset = preset.WithModel(pretrained).WithEvalText(text).WithEvalLimit(12 * 128)
	config, err := preset.Config()
	if err != nil {
		t.Fatal(err)
	}
	export, err := checkpoint.ReadExport(os.DirFS(folder), config)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := backend.Open(backend.Auto, config.NumParameters())
	if err != nil {
		t.Fatal(err)
	}
	t.Log("backend ", engine.Name)
	s := subject{preset: preset, export: export, engine: engine.Backend, prompt: "The hacker opened the terminal and", context: 128}
	s.compare(t, python)
}

// subject is an export to compare, and on what.
type subject struct {
	preset  prepare.Preset
	export  checkpoint.Export
	engine  compute.Backend
	prompt  string
	context int // tokens of a window
}

// compare holds what llama.cpp makes of both formats to what we make of the
// export.
func (s subject) compare(t *testing.T, python string) {
	t.Helper()
	tokens, err := s.preset.EvalTokens()
	if err != nil {
		t.Fatal(err)
	}
	windows := slices.Collect(slices.Chunk(tokens.IDs, s.context))[:len(tokens.IDs)/s.context]
	evaluator, err := evaluate.New(s.engine, evaluate.ExportNetwork(s.export), tokens, s.context)
	if err != nil {
		t.Fatal(err)
	}
	want, err := evaluator.Measure(evaluate.ExportWeights(s.export))
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := s.preset.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	vocabulary, err := tokenizer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	ours := s.logits(t, windows[0])
	prompted := tokenizer.Encode(s.prompt).IDs
	for _, ternary := range []bool{true, false} {
		format := map[bool]string{true: "Q2_0", false: "F16"}[ternary]
		path := filepath.Join(t.TempDir(), "model.gguf")
		if err := checkpoint.WriteGGUF(path, s.export, checkpoint.GGUFOptions{
			Name: "model", Ternary: ternary, Embeddings: "f16", Vocabulary: vocabulary,
		}); err != nil {
			t.Fatal(err)
		}
		got, logits := askLlamaCpp(t, python, path, s.prompt, windows)
		if diff := cmp.Diff(prompted, got.Prompt); diff != "" {
			t.Errorf("%s: tokens of the prompt (-want +got):\n%s", format, diff)
		}
		difference := got.PPL/want.EvalPPL - 1
		t.Logf("%s: eval_ppl %.4f on %d windows of %d tokens, llama.cpp's %.4f (%+.4f %%)", format, want.EvalPPL, len(windows), s.context, got.PPL, 100*difference)
		if math.Abs(difference) > 0.005 {
			t.Errorf("%s: perplexity is %g, want %g", format, got.PPL, want.EvalPPL)
		}
		s.compareLogits(t, format, ours, logits)
		s.compareText(t, format, tokenizer, prompted, got.Written)
	}
}

// logits are what we say at each token of a window, [tokens, vocabulary].
func (s subject) logits(t *testing.T, window []int32) []float32 {
	t.Helper()
	generator, err := generate.New(s.engine, evaluate.ExportNetwork(s.export), evaluate.ExportWeights(s.export), len(window))
	if err != nil {
		t.Fatal(err)
	}
	var all []float32
	for _, token := range window {
		logits, err := generator.Next(token)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, logits...)
	}
	return all
}

// compareLogits compares each value. llama.cpp multiplies Q2_0 with inputs in 8
// bits and F16 with inputs in 16 and caches keys and values in 16, so that a
// logit is off by some share of how far logits lie apart.
func (s subject) compareLogits(t *testing.T, format string, ours, theirs []float32) {
	t.Helper()
	if len(ours) != len(theirs) {
		t.Fatalf("%s: llama.cpp gives %d logits, want %d", format, len(theirs), len(ours))
	}
	var largest, squares, spread float64
	for i := range ours {
		difference := float64(theirs[i] - ours[i])
		largest, squares = max(largest, math.Abs(difference)), squares+difference*difference
		spread += float64(ours[i]) * float64(ours[i])
	}
	count := float64(len(ours))
	t.Logf("%s: %d logits are off by at most %.4f, root mean square %.5f; their own is %.2f", format, len(ours), largest, math.Sqrt(squares/count), math.Sqrt(spread/count))
	if limit := map[string]float64{"Q2_0": 0.05, "F16": 0.005}[format]; math.Sqrt(squares/spread) > limit {
		t.Errorf("%s: logits are off by a share of %g, want at most %g", format, math.Sqrt(squares/spread), limit)
	}
}

// compareText compares what is written greedily: near ties may go either way, so
// another token than ours is fine if its logit is less than 0.1 lower.
func (s subject) compareText(t *testing.T, format string, tokenizer prepare.Tokenizer, prompted, written []int32) {
	t.Helper()
	same, margin := s.followGreedily(t, prompted, written)
	t.Logf("%s: the first %d of %d tokens are those that we write, then a margin of %.4f: %q", format, same, len(written), margin,
		tokenizer.Decode(written...))
	if margin > 0.1 {
		t.Errorf("%s: token %d of the text isn't the one that we write, whose logit is higher by %g", format, same+1, margin)
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
// lower.
func (s subject) followGreedily(t *testing.T, prompt, written []int32) (same int, margin float32) {
	t.Helper()
	text := slices.Concat(prompt, written)
	generator, err := generate.New(s.engine, evaluate.ExportNetwork(s.export), evaluate.ExportWeights(s.export), len(text))
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
