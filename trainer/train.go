package main

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Training is a recipe applied to a model: what the harness asks for in a
// training step, and the files that answer.
type Training struct {
	Recipe
	config llama.Config
}

// NewTraining checks that the recipe fits the model.
func NewTraining(recipe Recipe, config llama.Config) (*Training, error) {
	training := &Training{recipe, config}
	if err := training.checkGroups(); err != nil {
		return nil, err
	}
	if recipe.SequenceLength > config.MaxPositionEmbeddings {
		return nil, fmt.Errorf("sequence length is %d, the model takes at most %d tokens", recipe.SequenceLength, config.MaxPositionEmbeddings)
	}
	if recipe.AccumulationSteps < 1 {
		return nil, fmt.Errorf("accumulation steps is %d, want 1 or more batches per step", recipe.AccumulationSteps)
	}
	return training, nil
}

// Batch is the shape of a step's data: sequences, and tokens of each.
func (t *Training) Batch() (size, length int) { return t.BatchSize, t.SequenceLength }

// AccumulatedBatches is the number of batches that one update averages.
func (t *Training) AccumulatedBatches() int { return t.AccumulationSteps }

// Schedule gives lambda (0 to 1) and the learning rate of a step, the first
// being step 1.
func (t *Training) Schedule(step int) (lambda, learningRate float64) {
	return t.lambda(step), t.learningRate(step)
}

// Linear is the linear layer of the forward pass.
func (t *Training) Linear(lambda *Node) llama.Linear { return t.bitLinear(lambda) }

// Losses is each row's loss in nats [rows], from logits [rows, vocab] and
// targets [rows]; their mean is minimized.
func (t *Training) Losses(logits, targets *Node) *Node { return crossEntropy(logits, targets) }

// OptimizerStates is the number of tensors that AdamW keeps for a weight.
func (t *Training) OptimizerStates() int { return 2 }

// Update is one step of the optimizer for one tensor.
func (t *Training) Update(tensor llama.Tensor, weight, gradient *Node, states []*Node, norm, learningRate, step *Node) (newWeight *Node, newStates []*Node) {
	return t.adamW(tensor, weight, t.clip(gradient, norm), states, learningRate, step)
}

// Quantize is the graph that turns one trained weight [out, in] into what is
// exported.
func (t *Training) Quantize(weight *Node) harness.Quantized {
	codes, scales := t.quantize(weight)
	return harness.Quantized{Codes: codes, Scales: scales, Bias: t.deadZoneBias(weight, codes)}
}

// ExportedActivationBits is how the exported model quantizes the inputs of its
// linear layers: 8, or 16 for not at all.
func (t *Training) ExportedActivationBits() int { return t.ActivationBits }
