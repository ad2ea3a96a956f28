package harness

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/llama"
)

// forwardGraph is lambda, residual, tokens [batch, seq], embedding and the weights of
// all layers → x after the last [rows, hidden] and, stacked for all layers, what each
// saves for its backward pass [layers, …].
func (l *looped) forwardGraph(inputs []*Node) []*Node {
	schedule, tokens, embedding := inputs[:2], inputs[2], inputs[3]
	weights := l.stack(inputs[4:])
	g, layers, x := tokens.Graph(), l.config.NumHiddenLayers, l.config.Embed(embedding, tokens)
	state := []*Node{x}
	for _, width := range l.savedWidths() {
		state = append(state, empty(g, len(state), layers, l.rows(), width))
	}
	fixed := slices.Concat(schedule, weights)
	after := loop(layers, state, fixed, func(layer *Node, state, fixed []*Node) []*Node {
		x, stacks := state[0], state[1:]
		out := l.network.forward(layerInputs[*Node]{blend[*Node]{fixed[0], fixed[1]}, x, atEach(fixed[2:], layer)})
		save := append([]*Node{x, out.attended}, out.linear...)
		return append([]*Node{out.x}, putEach(stacks, layer, save)...)
	})
	return append(after, weights...)
}

// savedWidths are the widths of what a layer saves: x before it, and what its
// attention and its linear layers give.
func (b builder) savedWidths() []int {
	widths := []int{b.config.HiddenSize, b.config.HiddenSize}
	for _, tensor := range b.config.LayerTensors() {
		if tensor.Linear {
			widths = append(widths, tensor.Shape[0])
		}
	}
	return widths
}

// stack lays the layers' tensors of each kind behind one another.
func (b builder) stack(weights []*Node) []*Node {
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

// headOfAll is the output layer and its backward pass for all rows, a chunk at a
// time.
func (l *looped) headOfAll(in headInputs[*Node]) headOutputs[*Node] {
	if l.chunks() == 1 {
		return l.network.head(in)
	}
	embedding, norm, x := in.ends.embedding, in.ends.norm, in.ends.x
	g, chunks := x.Graph(), l.chunks()
	state := []*Node{
		Const(g, float32(0)), zeros(g, embedding.Shape().Dimensions...), zeros(g, norm.Shape().Dimensions...),
		Reshape(x, chunks, l.chunkRows(), l.config.HiddenSize), // becomes its gradient, chunk by chunk
	}
	fixed := []*Node{embedding, norm, Reshape(in.targets, chunks, l.chunkRows())}
	state = loop(chunks, state, fixed, func(i *Node, state, fixed []*Node) []*Node {
		share := l.network.head(headInputs[*Node]{ends: ends[*Node]{fixed[0], fixed[1], at(state[3], i)}, targets: at(fixed[2], i)})
		return []*Node{
			Add(state[0], share.crossEntropy), Add(state[1], share.gradients.embedding), Add(state[2], share.gradients.norm),
			put(state[3], i, share.gradients.x),
		}
	})
	return headOutputs[*Node]{state[0], ends[*Node]{state[1], state[2], Reshape(state[3], l.rows(), l.config.HiddenSize)}}
}

// backwardGraph is lambda, residual, the gradient of x after the last layer [rows,
// hidden], and the stacks that forwardGraph gave → the gradient of x before the first
// layer and stacks of the weights' gradients [layers, …].
func (l *looped) backwardGraph(inputs []*Node) []*Node {
	schedule, gradient, stacks := inputs[:2], inputs[2], inputs[3:]
	layers, state := l.config.NumHiddenLayers, []*Node{gradient}
	for _, tensor := range l.layerTensors() {
		state = append(state, empty(gradient.Graph(), len(state), append([]int{layers}, tensor.Shape...)...))
	}
	fixed := slices.Concat(schedule, stacks)
	return loop(layers, state, fixed, func(turn *Node, state, fixed []*Node) []*Node {
		layer := Sub(Const(turn.Graph(), int32(layers-1)), turn)
		out := l.network.backward(backwardInputs[*Node]{
			blend[*Node]{fixed[0], fixed[1]}, state[0], readSaved(len(l.layerTensors()), atEach(fixed[2:], layer)),
		})
		return append([]*Node{out.x}, putEach(state[1:], layer, out.weights)...)
	})
}

// updateLayersGraph is a layer's number and updateInputs, whose gradients are stacks
// [layers, …] and whose tensors are those of that layer and of some behind it → the
// norm, and weights and states after the step.
func (l *looped) updateLayersGraph(list []*Node) []*Node {
	kinds, layer := l.layerTensors(), list[0]
	in := updateInputs[*Node]{norm: list[1], learningRate: list[2], step: list[3], gradients: list[4 : 4+len(kinds)]}
	stacks, rest := in.gradients, list[4+len(kinds):]
	in.gradients = nil
	var of []llama.Tensor
	for ; len(rest) > 0; layer = Add(layer, Const(layer.Graph(), int32(1))) {
		var ofLayer []weightAndStates[*Node]
		ofLayer, rest = readTrained(l.states(kinds), rest)
		in.trained = append(in.trained, ofLayer...)
		in.gradients = append(in.gradients, atEach(stacks, layer)...)
		of = append(of, kinds...)
	}
	return append([]*Node{MulScalar(in.norm, 1)}, l.network.update(of, in)...)
}
