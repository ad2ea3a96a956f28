package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
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
	benchmarkStep(b, goBackend(b), nanoConfig(), 2, 128)
}

// BenchmarkStepSmolLM needs a PJRT plugin; see package backend for where it is
// looked for. TERNLAB_BENCH_BACKEND names another backend than xla.
func BenchmarkStepSmolLM(b *testing.B) {
	name := cmp.Or(os.Getenv("TERNLAB_BENCH_BACKEND"), backend.XLA)
	engine, err := backend.Open(name, smolConfig().NumParameters())
	if err != nil {
		b.Skip(err)
	}
	for _, shape := range [][2]int{{2, 128}, {4, 256}, {16, 512}} {
		b.Run(fmt.Sprintf("%dx%d", shape[0], shape[1]), func(b *testing.B) {
			benchmarkStep(b, engine.Backend, smolConfig(), shape[0], shape[1])
		})
	}
}

func benchmarkStep(b *testing.B, engine compute.Backend, config llama.Config, size, length int) {
	b.Helper()
	recipe := NewRecipe()
	recipe.BatchSize, recipe.SequenceLength = size, length
	training, err := NewTraining(recipe, config, 100, false)
	if err != nil {
		b.Fatal(err)
	}
	session, err := harness.NewSession(engine, randomModel(config), training)
	if err != nil {
		b.Fatal(err)
	}
	tokens := make([]int32, size*(length+1))
	for i := range tokens {
		tokens[i] = int32(i*7919) % int32(config.VocabSize)
	}
	number := 1
	step := func() {
		if _, err := session.Step(number, tokens); err != nil {
			b.Fatal(err)
		}
		number++
	}
	started := time.Now()
	step() // compiles
	first := time.Since(started)
	for b.Loop() {
		step()
	}
	b.ReportMetric(first.Seconds(), "s/first-step")
}
