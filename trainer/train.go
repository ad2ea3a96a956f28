package main

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Training is a recipe applied to a model.
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
	return training, nil
}

// Batch is the shape of a step's data: sequences and tokens of each.
func (t *Training) Batch() (size, length int) { return t.BatchSize, t.SequenceLength }

// Schedule gives lambda (0 to 1) and the learning rate of a step, the first
// being step 1.
func (t *Training) Schedule(step int) (lambda, learningRate float64) {
	return t.lambda(step), t.learningRate(step)
}

// Step is the graph of one training step on tokens [batch, sequence+1]. It
// updates the weights and returns the loss in nats per token and the norm of
// the gradients before clipping.
func (t *Training) Step(scope *model.Scope, tokens, lambda, learningRate, step *Node) (loss, gradientNorm *Node) {
	inputs := Slice(tokens, AxisRange(), AxisRange(0, t.SequenceLength)) // [batch, sequence]
	targets := Slice(tokens, AxisRange(), AxisRangeToEnd(1))             // [batch, sequence]

	weights := harness.Weights(scope, tokens.Graph())
	logits := t.config.Logits(weights, t.bitLinear(lambda), inputs) // [batch·sequence, vocab]
	loss = crossEntropy(logits, targets)                            // []

	var parameters []*Node
	for _, tensor := range t.config.Tensors() {
		parameters = append(parameters, weights(tensor.Name))
	}
	gradients := Gradient(loss, parameters...)
	gradients, gradientNorm = t.clip(gradients)
	t.adamW(scope, gradients, learningRate, step)
	return loss, gradientNorm
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
