package harness

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// linearCall is one use of a linear layer within a block.
type linearCall struct {
	name       string
	x          *Node
	parameters []*Node // weight and companions
}

// backward is a layer's backward pass.
//
// The forward pass ran in another graph, so the layer is built again here, but
// with the outputs of attention and linear layers given instead of computed. That
// cuts the layer into pieces between them: cheap ones, which are computed again,
// and those whose backward pass needs no forward one. Gradients are taken piece by
// piece, from the last linear layer to the first.
func (b builder) backward(in backwardInputs[*Node]) backwardOutputs[*Node] {
	byName := named(b.layerTensors(), in.weights)
	var calls []linearCall
	var ofAttention []*Node // query, key, value
	after := b.config.BlockAround(func(query, key, value *Node) *Node {
		ofAttention = []*Node{query, key, value}
		return in.attended
	}, byName, func(name string, x, weight *Node) *Node {
		calls = append(calls, linearCall{name, x, append([]*Node{weight}, b.companions(name, weight, byName)...)})
		return in.linear[len(calls)-1]
	}, in.x)

	// Leaves of the cut graph: x, the norms' gains, the outputs.
	leaves := []*Node{in.x}
	for _, tensor := range b.config.LayerTensors() {
		if !tensor.Linear {
			leaves = append(leaves, byName(tensor.Name))
		}
	}
	first := len(leaves) // of the outputs
	leaves = append(leaves, in.linear...)
	total := Gradient(dot(after, in.gradient), leaves...)

	linear := b.training.Linear(in.lambda, in.residual)
	ofWeight := map[*Node]*Node{}
	var ofInput *Node // of calls[i].x, which neighbouring layers share
	for i := len(calls) - 1; i >= 0; i-- {
		call := calls[i]
		y := linear(call.name, call.x, call.parameters[0], call.parameters[1:])
		pulled := Gradient(dot(y, total[first+i]), append([]*Node{call.x}, call.parameters...)...)
		for j, parameter := range call.parameters {
			ofWeight[parameter] = pulled[1+j]
		}
		ofInput = plus(ofInput, pulled[0])
		switch {
		case call.x == in.attended:
			again := b.config.AttentionGiven(in.attended, b.size, b.length)(ofAttention[0], ofAttention[1], ofAttention[2])
			pullThrough(again, ofInput, leaves, total)
			ofInput = nil
		case i == 0 || calls[i-1].x != call.x:
			pullThrough(call.x, ofInput, leaves, total)
			ofInput = nil
		}
	}
	for i, leaf := range leaves[1:first] {
		ofWeight[leaf] = total[1+i]
	}
	out := backwardOutputs[*Node]{x: total[0]}
	for _, weight := range in.weights {
		out.weights = append(out.weights, ofWeight[weight])
	}
	out.squares = sumOfSquares(out.weights)
	return out
}

// pullThrough adds to the gradients of the leaves what reaches them through x.
func pullThrough(x, gradient *Node, leaves, total []*Node) {
	var reached []int
	var nodes []*Node
	for i, leaf := range leaves {
		if dependsOn(x, leaf) {
			reached, nodes = append(reached, i), append(nodes, leaf)
		}
	}
	for i, more := range Gradient(dot(x, gradient), nodes...) {
		total[reached[i]] = plus(total[reached[i]], more)
	}
}

// dependsOn says whether a node was computed from another. The pieces between
// linear layers are small, so they are searched anew each time.
func dependsOn(node, on *Node) bool {
	if node == on {
		return true
	}
	for _, input := range node.Inputs() {
		if dependsOn(input, on) {
			return true
		}
	}
	return false
}

// plus adds a gradient to one that may be nil.
func plus(sum, more *Node) *Node {
	if sum == nil {
		return more
	}
	return Add(sum, more)
}

// dot is a scalar whose gradient with respect to y is exactly the given one.
func dot(y, gradient *Node) *Node {
	return ReduceAllSum(Mul(y, StopGradient(gradient)))
}
