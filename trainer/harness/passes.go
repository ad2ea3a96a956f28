package harness

import "slices"

// What goes into the larger graphs, and what comes out of them, is a struct each:
// of nodes while the graph is built, of tensors when it is called. GoMLX knows lists
// only; list gives their order, and the function behind each struct reads it back.

// blend is how a schedule mixes a weight and what it is rounded to, two scalars.
type blend[T any] struct{ lambda, residual T }

// weightAndStates is a tensor in training, and its optimizer's states of the same
// shape.
type weightAndStates[T any] struct {
	weight T
	states []T
}

func listTrained[T any](all []weightAndStates[T]) []T {
	var list []T
	for _, one := range all {
		list = append(append(list, one.weight), one.states...)
	}
	return list
}

// readTrained reads tensors with so many states each, and returns what is left.
func readTrained[T any](states []int, list []T) (all []weightAndStates[T], rest []T) {
	for _, count := range states {
		all = append(all, weightAndStates[T]{list[0], list[1 : 1+count]})
		list = list[1+count:]
	}
	return all, list
}

// layerInputs is what a layer's forward pass needs.
type layerInputs[T any] struct {
	blend[T]
	x       T   // [rows, hidden] before the layer
	weights []T // of the layer's tensors in training
}

func (in layerInputs[T]) list() []T {
	return append([]T{in.lambda, in.residual, in.x}, in.weights...)
}

func readLayerInputs[T any](list []T) layerInputs[T] {
	return layerInputs[T]{blend[T]{list[0], list[1]}, list[2], list[3:]}
}

// layerOutputs is what a layer's forward pass gives: what goes on, and what its
// backward pass needs.
type layerOutputs[T any] struct {
	x        T   // [rows, hidden] after the layer
	attended T   // [rows, hidden], of attention
	linear   []T // [rows, out] of each linear layer, in the order of their use
}

func (out layerOutputs[T]) list() []T {
	return append([]T{out.x, out.attended}, out.linear...)
}

func readLayerOutputs[T any](list []T) layerOutputs[T] {
	return layerOutputs[T]{list[0], list[1], list[2:]}
}

// backwardInputs is what a layer's backward pass needs.
type backwardInputs[T any] struct {
	blend[T]
	gradient T // [rows, hidden], the loss's after the layer
	saved[T]
}

func (in backwardInputs[T]) list() []T {
	return slices.Concat([]T{in.lambda, in.residual, in.gradient}, in.saved.list())
}

func readBackwardInputs[T any](weights int, list []T) backwardInputs[T] {
	return backwardInputs[T]{blend[T]{list[0], list[1]}, list[2], readSaved(weights, list[3:])}
}

// saved is what a layer's backward pass needs of its forward pass.
type saved[T any] struct {
	x        T   // [rows, hidden] before the layer
	attended T   // as in layerOutputs
	linear   []T // as in layerOutputs
	weights  []T // of the layer's tensors in training
}

func (s saved[T]) list() []T {
	return slices.Concat([]T{s.x, s.attended}, s.linear, s.weights)
}

// readSaved reads what was saved of a layer with so many weights.
func readSaved[T any](weights int, list []T) saved[T] {
	last := len(list) - weights
	return saved[T]{list[0], list[1], list[2:last], list[last:]}
}

// backwardOutputs is what a layer's backward pass gives.
type backwardOutputs[T any] struct {
	squares T   // [], the sum of the squares of the weights' gradients
	x       T   // [rows, hidden], the gradient before the layer
	weights []T // their gradients
}

func (out backwardOutputs[T]) list() []T { return append([]T{out.squares, out.x}, out.weights...) }

func readBackwardOutputs[T any](list []T) backwardOutputs[T] {
	return backwardOutputs[T]{list[0], list[1], list[2:]}
}

// headInputs is what the output layer needs for a chunk of rows.
type headInputs[T any] struct {
	ends    ends[T]
	targets T        // [chunk]
	teacher *ends[T] // nil without one
}

// ends are the weights of the output layer and the values that go into it.
type ends[T any] struct {
	embedding T // [vocab, hidden]
	norm      T // [hidden]
	x         T // [chunk, hidden]
}

func (in headInputs[T]) list() []T {
	list := []T{in.ends.embedding, in.ends.norm, in.ends.x, in.targets}
	if in.teacher != nil {
		list = append(list, in.teacher.embedding, in.teacher.norm, in.teacher.x)
	}
	return list
}

func readHeadInputs[T any](list []T) headInputs[T] {
	in := headInputs[T]{ends: ends[T]{list[0], list[1], list[2]}, targets: list[3]}
	if len(list) > 4 {
		in.teacher = &ends[T]{list[4], list[5], list[6]}
	}
	return in
}

// headOutputs is what the output layer gives: the chunk's share of the step's mean
// cross-entropy [], and the loss's gradients.
type headOutputs[T any] struct {
	crossEntropy T
	gradients    ends[T]
}

func (out headOutputs[T]) list() []T {
	return []T{out.crossEntropy, out.gradients.embedding, out.gradients.norm, out.gradients.x}
}

func readHeadOutputs[T any](list []T) headOutputs[T] {
	return headOutputs[T]{list[0], ends[T]{list[1], list[2], list[3]}}
}

// updateInputs is what the optimizer needs.
type updateInputs[T any] struct {
	norm         T // [], of all gradients together
	learningRate T // []
	step         T // []
	gradients    []T
	trained      []weightAndStates[T]
}

func (in updateInputs[T]) list() []T {
	return slices.Concat([]T{in.norm, in.learningRate, in.step}, in.gradients, listTrained(in.trained))
}

// readUpdateInputs reads the inputs for tensors with so many states each.
func readUpdateInputs[T any](states []int, list []T) updateInputs[T] {
	in := updateInputs[T]{norm: list[0], learningRate: list[1], step: list[2], gradients: list[3 : 3+len(states)]}
	in.trained, _ = readTrained(states, list[3+len(states):])
	return in
}

// batchInputs is what a batch needs where the network is one graph.
type batchInputs[T any] struct {
	blend[T]
	tokens  T   // [batch, seq]
	targets T   // [rows]
	weights []T // of all tensors in training
	teacher []T // all weights; empty without one
}

func (in batchInputs[T]) list() []T {
	return slices.Concat([]T{in.lambda, in.residual, in.tokens, in.targets}, in.weights, in.teacher)
}

func readBatchInputs[T any](weights int, list []T) batchInputs[T] {
	return batchInputs[T]{blend[T]{list[0], list[1]}, list[2], list[3], list[4 : 4+weights], list[4+weights:]}
}

// stepInputs is what a step of one batch needs where it is one graph.
type stepInputs[T any] struct {
	blend[T]
	learningRate, step T
	tokens             T // [batch, seq]
	targets            T // [rows]
	trained            []weightAndStates[T]
	teacher            []T // all weights; empty without one
}

func (in stepInputs[T]) list() []T {
	scalars := []T{in.lambda, in.residual, in.learningRate, in.step}
	return slices.Concat(scalars, []T{in.tokens, in.targets}, listTrained(in.trained), in.teacher)
}

// readStepInputs reads the inputs for tensors with so many states each.
func readStepInputs[T any](states []int, list []T) stepInputs[T] {
	in := stepInputs[T]{blend: blend[T]{list[0], list[1]}, learningRate: list[2], step: list[3], tokens: list[4], targets: list[5]}
	in.trained, in.teacher = readTrained(states, list[6:])
	return in
}
