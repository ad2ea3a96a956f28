package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/memory"
)

// nanoConfig is the architecture of the nano preset.
func nanoConfig() llama.Config {
	return llama.Config{
		ModelType: "llama", HiddenSize: 128, IntermediateSize: 384, NumHiddenLayers: 2,
		NumAttentionHeads: 4, NumKeyValueHeads: 2, VocabSize: 512, MaxPositionEmbeddings: 512,
		RopeTheta: 10000, RMSNormEps: 1e-5, TieWordEmbeddings: true,
	}
}

// randomModel has normally distributed weights of deviation 0.05.
func randomModel(config llama.Config) checkpoint.Model {
	random := rand.New(rand.NewPCG(1, 2))
	model := checkpoint.Model{Config: config, Weights: map[string][]float32{}}
	for _, tensor := range config.Tensors() {
		values := make([]float32, tensor.Size())
		for i := range values {
			values[i] = float32(random.NormFloat64() * 0.05)
			if len(tensor.Shape) == 1 {
				values[i]++
			}
		}
		model.Weights[tensor.Name] = values
	}
	return model
}

// smolConfig is SmolLM-135M's architecture.
func smolConfig() llama.Config {
	return llama.Config{
		ModelType: "llama", HiddenSize: 576, IntermediateSize: 1536, NumHiddenLayers: 30,
		NumAttentionHeads: 9, NumKeyValueHeads: 3, VocabSize: 49152, MaxPositionEmbeddings: 2048,
		RopeTheta: 10000, RMSNormEps: 1e-5, TieWordEmbeddings: true,
	}
}

func BenchmarkStepNano(b *testing.B) {
	benchmarkStep(b, goBackend(b), randomModel(nanoConfig()), 2, 128)
}

// BenchmarkStepSmolLM needs a PJRT plugin; see package backend for where it is
// looked for. testdata/bench.py runs it beside PyTorch and sets the variables
// TERNLAB_BENCH_BACKEND (another backend than xla), TERNLAB_BENCH_MODEL (a folder
// with the weights to take) and TERNLAB_BENCH_START (when it started the process,
// in seconds since 1970).
func BenchmarkStepSmolLM(b *testing.B) {
	name := cmp.Or(os.Getenv("TERNLAB_BENCH_BACKEND"), backend.XLA)
	engine, err := backend.Open(name, smolConfig().NumParameters())
	if err != nil {
		b.Skip(err)
	}
	for _, shape := range [][2]int{{2, 128}, {4, 256}, {16, 512}} {
		b.Run(fmt.Sprintf("%dx%d", shape[0], shape[1]), func(b *testing.B) {
			benchmarkStep(b, engine.Backend, smolModel(b), shape[0], shape[1])
		})
	}
}

// smolModel is a model of SmolLM's architecture.
func smolModel(b *testing.B) checkpoint.Model {
	b.Helper()
	folder := os.Getenv("TERNLAB_BENCH_MODEL")
	if folder == "" {
		return randomModel(smolConfig())
	}
	model, err := checkpoint.ReadModel(os.DirFS(folder))
	if err != nil {
		b.Fatal(err)
	}
	return model
}

// benchmarkStep measures steps after the first, which compiles: the time until
// that one's end is a metric, and so are its loss and the process's memory.
func benchmarkStep(b *testing.B, engine compute.Backend, start checkpoint.Model, size, length int) {
	b.Helper()
	started := time.Now()
	if seconds, err := strconv.ParseFloat(os.Getenv("TERNLAB_BENCH_START"), 64); err == nil {
		started = time.UnixMicro(int64(seconds * 1e6))
	}
	recipe := NewRecipe()
	recipe.BatchSize, recipe.SequenceLength, recipe.LambdaSchedule = size, length, "none"
	training, err := NewTraining(recipe, start.Config, 100, false)
	if err != nil {
		b.Fatal(err)
	}
	session, err := harness.NewSession(engine, start, training, harness.Auto)
	if err != nil {
		b.Fatal(err)
	}
	clear(start.Weights) // as a run does
	tokens := make([]int32, size*(length+1))
	for i := range tokens {
		tokens[i] = int32(i*7919) % int32(start.Config.VocabSize)
	}
	number := 1
	step := func() float64 {
		result, err := session.Step(number, tokens)
		if err != nil {
			b.Fatal(err)
		}
		number++
		return result.Loss
	}
	loss := step()
	first := time.Since(started)
	for b.Loop() {
		step()
	}
	b.ReportMetric(first.Seconds(), "s/first-step")
	b.ReportMetric(loss, "first-loss")
	b.ReportMetric(float64(memory.Peak())/1e9, "GB-peak")
}
