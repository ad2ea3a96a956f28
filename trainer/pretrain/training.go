package pretrain

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

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

// Batch is the shape of a step's data.
func (f fullPrecision) Batch() (size, length int) { return f.batch, f.length }

// Schedule has no quantization, and a learning rate that rises over 2 % of the
// steps and falls to zero as a cosine.
func (f fullPrecision) Schedule(step int) (lambda, learningRate float64) {
	warmup := float64(f.steps) / 50
	progress := float64(step) / float64(f.steps)
	return 0, f.peak * min(float64(step)/warmup, 1) * 0.5 * (1 + math.Cos(math.Pi*progress))
}

// Step is one step of next-token prediction on tokens [batch, length+1].
func (f fullPrecision) Step(scope *model.Scope, tokens, _, learningRate, _ *Node) (loss, gradientNorm *Node) {
	g := tokens.Graph()
	inputs := Slice(tokens, AxisRange(), AxisRange(0, f.length)) // [batch, length]
	targets := Slice(tokens, AxisRange(), AxisRangeToEnd(1))     // [batch, length]
	logits := f.config.Logits(harness.Weights(scope, g), llama.Dense, inputs)
	logProbabilities := LogSoftmax(logits, -1)                                                      // [batch·length, vocab]
	hot := OneHot(Reshape(targets, f.batch*f.length), f.config.VocabSize, logProbabilities.DType()) // [batch·length, vocab]
	loss = Neg(ReduceAllMean(ReduceSum(Mul(logProbabilities, hot), -1)))                            // []

	gradients := scope.BuildTrainableVariablesGradientsGraph(loss)
	squares := ScalarZero(g, loss.DType())
	for _, gradient := range gradients {
		squares = Add(squares, ReduceAllSum(Square(gradient)))
	}
	norm := Sqrt(squares)
	clip := MinScalar(Reciprocal(AddScalar(norm, 1e-6)), 1) // to a norm of at most 1
	for i := range gradients {
		gradients[i] = Mul(gradients[i], clip)
	}
	optimizer.LearningRateVar(scope, loss.DType(), 0).SetNodeValue(learningRate)
	adam, ok := optimizer.Adam().Betas(0.9, 0.95).Done().(train.OptimizeWithGradients)
	if !ok {
		panic("GoMLX's Adam takes no gradients any more")
	}
	adam.UpdateGraphWithGradients(scope, gradients, loss.DType())
	return loss, norm
}

// Quantize is never asked for: a pretrained model isn't quantized.
func (f fullPrecision) Quantize(*Node) harness.Quantized {
	panic("a pretrained model is not quantized")
}

// ExportedActivationBits is never asked for either.
func (f fullPrecision) ExportedActivationBits() int { return 16 }
