package pretrain

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// fullPrecision is ordinary language-model training: dense layers, Adam, a
// cosine learning rate after a warmup.
type fullPrecision struct {
	config        llama.Config
	batch, length int
	steps         int
	peak          float64 // learning rate
}

// Notes are none.
func (f fullPrecision) Notes() []string { return nil }

// Batch is the shape of a step's data.
func (f fullPrecision) Batch() (size, length int) { return f.batch, f.length }

// AccumulatedBatches is 1.
func (f fullPrecision) AccumulatedBatches() int { return 1 }

// Schedule has no quantization, and a learning rate that rises over 2 % of the
// steps and falls to zero as a cosine.
func (f fullPrecision) Schedule(step int) harness.Schedule {
	warmup := float64(f.steps) / 50
	progress := float64(step) / float64(f.steps)
	return harness.Schedule{LearningRate: f.peak * min(float64(step)/warmup, 1) * 0.5 * (1 + math.Cos(math.Pi*progress))}
}

// Companions are none.
func (f fullPrecision) Companions(llama.Tensor) []harness.Companion { return nil }

// Linear is a full-precision layer.
func (f fullPrecision) Linear(*Node, *Node) harness.Linear {
	return func(name string, x, weight *Node, _ []*Node) *Node { return llama.Dense(name, x, weight) }
}

// Distills is false: nothing is there to learn from.
func (f fullPrecision) Distills() bool { return false }

// Losses is cross-entropy in nats.
func (f fullPrecision) Losses(logits, _, targets *Node) (minimized, crossEntropy *Node) {
	hot := OneHot(targets, f.config.VocabSize, logits.DType()) // [rows, vocab]
	losses := Neg(ReduceSum(Mul(LogSoftmax(logits, -1), hot), -1))
	return losses, losses
}

// LayerLosses is never asked for, without a teacher.
func (f fullPrecision) LayerLosses(*Node, *Node) *Node { return nil }

// OptimizerStates is Adam's two.
func (f fullPrecision) OptimizerStates(llama.Tensor) int { return 2 }

// Update is Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980) on
// gradients clipped to a norm of 1.
func (f fullPrecision) Update(_ llama.Tensor, weight, gradient *Node, states []*Node, norm, learningRate, step *Node) (newWeight *Node, newStates []*Node) {
	const beta1, beta2, epsilon = 0.9, 0.95, 1e-8
	gradient = Mul(gradient, MinScalar(Reciprocal(AddScalar(norm, 1e-6)), 1))
	mean := Add(MulScalar(states[0], beta1), MulScalar(gradient, 1-beta1))
	square := Add(MulScalar(states[1], beta2), MulScalar(Square(gradient), 1-beta2))
	correction := func(beta float64) *Node {
		return OneMinus(Pow(Scalar(step.Graph(), step.DType(), beta), step))
	}
	size := AddScalar(Sqrt(Div(square, correction(beta2))), epsilon)
	update := Div(Div(mean, correction(beta1)), size)
	return Sub(weight, Mul(learningRate, update)), []*Node{mean, square}
}

// Quantize is never asked for: a pretrained model isn't quantized.
func (f fullPrecision) Quantize(*Node, []*Node) harness.Quantized {
	panic("a pretrained model is not quantized")
}

// ExportedActivations is never asked for either.
func (f fullPrecision) ExportedActivations() checkpoint.Activations {
	return checkpoint.Activations{Bits: 16}
}
