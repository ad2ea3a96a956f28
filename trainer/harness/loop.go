package harness

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// loop runs a body for i = 0 … count-1. The body gets i [] (int32), the state and
// what stays the same, and returns the next state. It is compiled once, whatever
// the count.
//
// The body must use no node from outside. Nor may the graph around it use
// scalars such as those of [ScalarZero] or [AddScalar], or reductions: GoMLX
// v0.28 keeps the first it makes for the whole graph, and go-xla refuses it in
// another function.
func loop(count int, state, fixed []*Node, body func(i *Node, state, fixed []*Node) []*Node) []*Node {
	all := slices.Concat(state, fixed)
	parameters := func(g *Graph) []*Node {
		nodes := []*Node{Parameter(g, "i", shapes.Make(dtypes.Int32))}
		for k, node := range all {
			nodes = append(nodes, Parameter(g, fmt.Sprintf("state%d", k), node.Shape()))
		}
		return nodes
	}
	g := all[0].Graph()
	more := NewClosure(g, func(g *Graph) []*Node {
		return []*Node{LessThan(parameters(g)[0], Const(g, int32(count)))}
	})
	turn := NewClosure(g, func(g *Graph) []*Node {
		nodes := parameters(g)
		i, state, fixed := nodes[0], nodes[1:1+len(state)], nodes[1+len(state):]
		return slices.Concat([]*Node{Add(i, Const(g, int32(1)))}, body(i, state, fixed), fixed)
	})
	return While(more, turn, append([]*Node{Const(g, int32(0))}, all...)...)[1 : 1+len(state)]
}

// at is element i of a stack [count, …].
func at(stack, i *Node) *Node {
	dims := stack.Shape().Dimensions[1:]
	return Reshape(DynamicSlice(stack, starts(stack, i), append([]int{1}, dims...)), dims...)
}

// atEach is element i of each stack.
func atEach(stacks []*Node, i *Node) []*Node {
	elements := make([]*Node, len(stacks))
	for k, stack := range stacks {
		elements[k] = at(stack, i)
	}
	return elements
}

// put replaces element i of a stack [count, …].
func put(stack, i, element *Node) *Node {
	return DynamicUpdateSlice(stack, InsertAxes(element, 0), starts(stack, i))
}

// putEach replaces element i of each stack.
func putEach(stacks []*Node, i *Node, elements []*Node) []*Node {
	replaced := make([]*Node, len(stacks))
	for k, stack := range stacks {
		replaced[k] = put(stack, i, elements[k])
	}
	return replaced
}

// starts is where element i of a stack begins, axis by axis.
func starts(stack, i *Node) []*Node {
	indices := []*Node{i}
	for range stack.Rank() - 1 {
		indices = append(indices, Const(i.Graph(), int32(0)))
	}
	return indices
}

// zeros is like [Zeros], but without a scalar that a loop's body would meet.
func zeros(g *Graph, dims ...int) *Node { return BroadcastToDims(Const(g, float32(0)), dims...) }

// empty is a stack for a loop to fill. Each has its own filling (index differs),
// or XLA would keep a shared one and copy it to each place.
func empty(g *Graph, index int, dims ...int) *Node {
	return BroadcastToDims(Const(g, float32(index)), dims...)
}
