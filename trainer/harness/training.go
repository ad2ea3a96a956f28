package harness

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/llama"
)

// Training is what an experiment may change. Its methods with nodes build
// graphs and may panic while they do, as GoMLX's own graph functions.
//
// A large model is trained layer by layer, so that one layer is compiled instead
// of all; lambda, learning rate, norm and step are
// inputs of the graphs, so that nothing is compiled anew when they change.
type Training interface {
	// Batch is the shape of a step's data: sequences, and tokens of each.
	Batch() (size, length int)
	// AccumulatedBatches is the number of batches whose gradients are averaged
	// for one update, 1 or more. Each passes through the network alone, so a
	// step of many costs the memory of one.
	AccumulatedBatches() int
	// Schedule gives lambda (0 to 1) and the learning rate of a step, counted
	// from 1.
	Schedule(step int) (lambda, learningRate float64)
	// Linear is the linear layer in training; lambda is a scalar. Gradients
	// reach its input and its weight as the graph says.
	Linear(lambda *Node) llama.Linear
	// Losses gives each row's loss in nats [rows] from logits [rows, vocab] and
	// targets [rows] (int32). What is minimized is their mean.
	Losses(logits, targets *Node) *Node
	// OptimizerStates is how many tensors of a weight's shape the optimizer
	// keeps for it; they start as zeros.
	OptimizerStates() int
	// Update gives a weight and its optimizer states after a step. The norm is
	// that of all gradients together; norm, learningRate and step are scalars.
	Update(tensor llama.Tensor, weight, gradient *Node, states []*Node, norm, learningRate, step *Node) (newWeight *Node, newStates []*Node)
	// Quantize turns one trained weight [out, in] into what is exported.
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
