package harness

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Training is what an experiment may change. Its methods with nodes build
// graphs and may panic while they do, as GoMLX's own graph functions.
//
// A large model is trained layer by layer, so that one layer is compiled instead
// of all; lambda, residual, learning rate, norm and step are
// inputs of the graphs, so that nothing is compiled anew when they change.
type Training interface {
	// Notes are what a person should know before it starts, a line each.
	Notes() []string
	// Batch is the shape of a step's data: sequences, and tokens of each.
	Batch() (size, length int)
	// AccumulatedBatches is the number of batches whose gradients are averaged
	// for one update, 1 or more. Each passes through the network alone, so a
	// step of many costs the memory of one.
	AccumulatedBatches() int
	// Schedule gives what changes from step to step, counted from 1.
	Schedule(step int) Schedule
	// Companions are the tensors trained beside a linear layer's weight.
	Companions(weight llama.Tensor) []Companion
	// Linear is the linear layer in training; lambda and residual are scalars.
	// Gradients reach its input, its weight and its companions as the graph says.
	Linear(lambda, residual *Node) Linear
	// Distills says whether the losses look at a teacher: the full-precision
	// model that training starts from, which then runs beside the student.
	Distills() bool
	// Losses gives each row's loss [rows], whose mean is minimized, and its
	// cross-entropy in nats [rows], which is reported; often they are the same.
	// They come from logits [rows, vocab], the teacher's logits (nil without a
	// teacher) and targets [rows] (int32).
	Losses(logits, teacher, targets *Node) (minimized, crossEntropy *Node)
	// LayerLosses gives each row's additional loss [rows] for x [rows, hidden]
	// after a layer beside the teacher's; nil for none. Their mean over rows and
	// layers is minimized too. It isn't called without a teacher.
	LayerLosses(x, teacher *Node) *Node
	// OptimizerStates is how many tensors of a weight's shape the optimizer
	// keeps for it; they start as zeros.
	OptimizerStates(tensor llama.Tensor) int
	// Update gives a weight and its optimizer states after a step. The norm is
	// that of all gradients together; norm, learningRate and step are scalars.
	Update(tensor llama.Tensor, weight, gradient *Node, states []*Node, norm, learningRate, step *Node) (newWeight *Node, newStates []*Node)
	// Quantize turns one trained weight [out, in] and its companions into what
	// is exported.
	Quantize(weight *Node, companions []*Node) Quantized
	// ExportedActivations is how the exported model rounds the inputs of its
	// linear layers. The harness fixes scales per channel from training text.
	ExportedActivations() checkpoint.Activations
}

// Schedule is what changes from step to step.
type Schedule struct {
	Lambda       float64 // share of quantization in the weights, 0 to 1
	Residual     float64 // share of full-precision weights added on top, for annealing
	LearningRate float64
}

// Linear applies one linear layer in training: x [tokens, in] by weight
// [out, in] gives [tokens, out]. The name is the weight's, within its layer or
// within the model.
type Linear func(name string, x, weight *Node, companions []*Node) *Node

// Companion is a tensor that is trained beside a linear layer's weight, such as
// its scales. To the optimizer it is a tensor of its own, which isn't Linear.
type Companion struct {
	Name  string // what is added to the weight's name
	Shape []int
	Start func(weight *Node) *Node // its value before the first step
}

// Quantized is a ternary linear layer as graph nodes.
type Quantized struct {
	Codes  *Node // [out, in], -1, 0 or +1
	Scales *Node // [out, in/group size]
	Bias   *Node // [out], or nil
}
