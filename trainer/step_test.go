package main

import (
	"math/rand/v2"
	"testing"

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

func BenchmarkStepNano(b *testing.B) {
	config := nanoConfig()
	training, err := NewTraining(NewRecipe(), config)
	if err != nil {
		b.Fatal(err)
	}
	session, err := harness.NewSession(goBackend(b), randomModel(config), training)
	if err != nil {
		b.Fatal(err)
	}
	size, length := training.Batch()
	tokens := make([]int32, size*(length+1))
	for i := range tokens {
		tokens[i] = int32(i*31) % int32(config.VocabSize)
	}
	step := 0
	for b.Loop() {
		step++
		if _, err := session.Step(step, tokens); err != nil {
			b.Fatal(err)
		}
	}
}
