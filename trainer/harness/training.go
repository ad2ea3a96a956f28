package harness

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/ternlab/ternlab/trainer/llama"
)

// Training is what an experiment may change. Step and Quantize build graphs and
// may panic while they do, as GoMLX's own graph functions.
type Training interface {
	// Batch is the shape of a step's data: sequences, and tokens of each.
	Batch() (size, length int)
	// Schedule gives lambda (0 to 1) and the learning rate of a step, counted
	// from 1.
	Schedule(step int) (lambda, learningRate float64)
	// Step is the graph of one training step on tokens [batch, sequence+1];
	// lambda, learningRate and step are scalars, so that no step compiles anew.
	// It updates the variables in scope and returns the loss in nats per token
	// and the norm of all gradients.
	Step(scope *model.Scope, tokens, lambda, learningRate, step *Node) (loss, gradientNorm *Node)
	// Quantize is the graph that turns one trained weight [out, in] into what
	// is exported.
	Quantize(weight *Node) Quantized
	// ExportedActivationBits is how the exported model quantizes the inputs of
	// its linear layers: 8, or 16 for not at all.
	ExportedActivationBits() int
}

// Quantized is a ternary linear layer as graph nodes.
type Quantized struct {
	Codes  *Node // [out, in], -1, 0 or +1
	Scales *Node // [out, in/group size]
	Bias   *Node // [out], or nil
}

// Weights gives the weights in scope to a graph, by tensor name.
func Weights(scope *model.Scope, g *Graph) llama.Weights {
	return func(name string) *Node { return scope.GetVariable(name).NodeValue(g) }
}
