package harness

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/llama"
)

// The graphs of a step whose layers are turns of a loop within the graph. They
// compile as fast as a single layer, and once they are under way the device
// needs nothing from Go.

// loopForward is lambda, residual, tokens [batch, seq], embedding and the weights of all
// layers → x after the last [rows, hidden], stacks of what each layer begins with
// and of what its linear layers give [layers, rows, …], and stacks of the weights
// [layers, …].
func (b builder) loopForward(inputs []*Node) []*Node {
	schedule, tokens, embedding := inputs[:2], inputs[2], inputs[3]
	weights := b.stacks(inputs[4:])
	g, layers, x := tokens.Graph(), b.config.NumHiddenLayers, b.config.Embed(embedding, tokens)
	state := []*Node{x}
	for _, width := range b.savedWidths() {
		state = append(state, empty(g, len(state), layers, b.rows(), width))
	}
	fixed := slices.Concat(schedule, weights)
	after := loop(layers, state, fixed, func(layer *Node, state, fixed []*Node) []*Node {
		x, saved := state[0], state[1:]
		outputs := b.forward(slices.Concat(fixed[:2], []*Node{x}, atEach(fixed[2:], layer)))
		outputs, save := outputs[:1], append([]*Node{x}, outputs[1:]...)
		return append(outputs, putEach(saved, layer, save)...)
	})
	return append(after, weights...)
}

// savedWidths are the widths of what a layer saves for its backward pass: x before
// it, and what its attention and its linear layers give.
func (b builder) savedWidths() []int {
	widths := []int{b.config.HiddenSize, b.config.HiddenSize}
	for _, tensor := range b.config.LayerTensors() {
		if tensor.Linear {
			widths = append(widths, tensor.Shape[0])
		}
	}
	return widths
}

// stacks lays the layers' tensors of each kind behind one another.
func (b builder) stacks(weights []*Node) []*Node {
	kinds := len(b.layerTensors())
	stacks := make([]*Node, kinds)
	for kind := range kinds {
		var ofKind []*Node
		for layer := range slices.Chunk(weights, kinds) {
			ofKind = append(ofKind, layer[kind])
		}
		stacks[kind] = Stack(ofKind, 0)
	}
	return stacks
}

// loopHead is embedding, final norm, x [rows, hidden], targets [rows] → the
// batch's share of the step's mean loss [] and the gradients of the first three,
// computed a chunk of rows at a time.
func (b builder) loopHead(inputs []*Node) []*Node {
	if b.chunks() == 1 {
		return b.head(inputs)
	}
	embedding, norm, x, targets := inputs[0], inputs[1], inputs[2], inputs[3]
	g, chunks := x.Graph(), b.chunks()
	state := []*Node{
		Const(g, float32(0)), zeros(g, embedding.Shape().Dimensions...), zeros(g, norm.Shape().Dimensions...),
		Reshape(x, chunks, b.chunkRows(), b.config.HiddenSize), // becomes its gradient, chunk by chunk
	}
	fixed := []*Node{embedding, norm, Reshape(targets, chunks, b.chunkRows())}
	state = loop(chunks, state, fixed, func(i *Node, state, fixed []*Node) []*Node {
		share := b.head([]*Node{fixed[0], fixed[1], at(state[3], i), at(fixed[2], i)})
		return []*Node{Add(state[0], share[0]), Add(state[1], share[1]), Add(state[2], share[2]), put(state[3], i, share[3])}
	})
	return append(state[:3], Reshape(state[3], b.rows(), b.config.HiddenSize))
}

// loopBackward is lambda, residual, the gradient of x after the last layer [rows, hidden],
// and the stacks that loopForward gave → the gradient of x before the first layer
// and stacks of the weights' gradients [layers, …].
func (b builder) loopBackward(inputs []*Node) []*Node {
	schedule, gradient, stacks := inputs[:2], inputs[2], inputs[3:]
	layers, state := b.config.NumHiddenLayers, []*Node{gradient}
	for _, tensor := range b.layerTensors() {
		state = append(state, empty(gradient.Graph(), len(state), append([]int{layers}, tensor.Shape...)...))
	}
	fixed := slices.Concat(schedule, stacks)
	return loop(layers, state, fixed, func(turn *Node, state, fixed []*Node) []*Node {
		layer := Sub(Const(turn.Graph(), int32(layers-1)), turn)
		of := atEach(fixed[2:], layer)
		outputs := b.backward(slices.Concat(fixed[:2], []*Node{of[0], state[0]}, of[1:]))
		return append([]*Node{outputs[1]}, putEach(state[1:], layer, outputs[2:])...)
	})
}

// loopUpdate is norm, learning rate, step, a layer's number, the stacks of the
// gradients and then weight and optimizer states of each tensor of that layer and
// of those behind it → what update gives for them.
func (b builder) loopUpdate(inputs []*Node) []*Node {
	kinds := b.layerTensors()
	layer, stacks, rest := inputs[3], inputs[4:4+len(kinds)], inputs[4+len(kinds):]
	arguments, of := slices.Clone(inputs[:3]), []llama.Tensor(nil)
	for ; len(rest) > 0; layer = Add(layer, Const(layer.Graph(), int32(1))) {
		for kind, tensor := range kinds {
			states := b.training.OptimizerStates(tensor)
			arguments = append(append(arguments, rest[0], at(stacks[kind], layer)), rest[1:1+states]...)
			rest = rest[1+states:]
		}
		of = append(of, kinds...)
	}
	return b.update(of)(arguments)
}

// norm is gradients → the square root of the sum of all their squares.
func norm(gradients []*Node) []*Node {
	total := ScalarZero(gradients[0].Graph(), gradients[0].DType())
	for _, gradient := range gradients {
		total = Add(total, ReduceAllSum(Square(gradient)))
	}
	return []*Node{Sqrt(total)}
}
