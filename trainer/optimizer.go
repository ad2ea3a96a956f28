package main

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/llama"
)

// optimizerStates is the number of tensors of a weight's shape that its optimizer
// keeps.
func (t *Training) optimizerStates(tensor llama.Tensor) int {
	if t.usesMuon(tensor) {
		return 1
	}
	return 2
}

// update is one step of a tensor's optimizer.
func (t *Training) update(tensor llama.Tensor, weight, gradient *Node, states []*Node, learningRate, step *Node) (newWeight *Node, newStates []*Node) {
	if t.usesMuon(tensor) {
		return t.muon(weight, gradient, states, learningRate)
	}
	return t.adamW(tensor, weight, gradient, states, learningRate, step)
}

// clip scales a gradient so that the norm of all gradients together is at most
// ClipNorm: Pascanu et al. 2013, https://arxiv.org/abs/1211.5063.
func (t *Training) clip(gradient, norm *Node) *Node {
	if t.ClipNorm == 0 {
		return gradient
	}
	factor := MinScalar(MulScalar(Reciprocal(AddScalar(norm, 1e-6)), t.ClipNorm), 1) // []
	return Mul(gradient, factor)
}

// adamW is one update of a weight: Loshchilov and Hutter 2019,
// https://arxiv.org/abs/1711.05101. Only the linear layers decay. The states are
// the moving means of the gradient and of its square.
func (t *Training) adamW(tensor llama.Tensor, weight, gradient *Node, states []*Node, learningRate, step *Node) (newWeight *Node, newStates []*Node) {
	const epsilon = 1e-8
	mean := Add(MulScalar(states[0], t.Beta1), MulScalar(gradient, 1-t.Beta1))
	square := Add(MulScalar(states[1], t.Beta2), MulScalar(Square(gradient), 1-t.Beta2))

	correction1 := OneMinus(Pow(Scalar(step.Graph(), step.DType(), t.Beta1), step)) // []
	correction2 := OneMinus(Pow(Scalar(step.Graph(), step.DType(), t.Beta2), step)) // []
	size := AddScalar(Div(Sqrt(square), Sqrt(correction2)), epsilon)
	update := Mul(Div(learningRate, correction1), Div(mean, size))
	if tensor.Linear && t.WeightDecay > 0 {
		update = Add(update, MulScalar(Mul(learningRate, weight), t.WeightDecay))
	}
	return Sub(weight, update), []*Node{mean, square}
}
