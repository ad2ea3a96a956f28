package main

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/llama"
)

// usesMuon says whether Muon updates a tensor: the matrices within layers, not
// embeddings, norms or learned scales.
func (t *Training) usesMuon(tensor llama.Tensor) bool { return t.Optimizer == "muon" && tensor.Linear }

// muon is one update of a weight [out, in]: Nesterov momentum, made orthogonal.
// Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. The factor that
// gives updates the size of AdamW's, so that both take the same learning rates,
// is that of Liu et al. 2025, https://arxiv.org/abs/2502.16982. The state is the
// moving mean of the gradient.
func (t *Training) muon(weight, gradient *Node, states []*Node, learningRate *Node) (newWeight *Node, newStates []*Node) {
	const momentum = 0.95
	toward := func(a, b *Node) *Node { return Add(MulScalar(a, momentum), MulScalar(b, 1-momentum)) }
	mean := toward(states[0], gradient)
	update := orthogonal(toward(mean, gradient)) // [out, in]
	update = MulScalar(update, 0.2*math.Sqrt(float64(max(weight.Shape().Dim(0), weight.Shape().Dim(1)))))
	if t.WeightDecay > 0 {
		update = Add(update, MulScalar(weight, t.WeightDecay))
	}
	return Sub(weight, Mul(learningRate, update)), []*Node{mean}
}

// orthogonal brings the singular values of x [out, in] near 1 by Jordan's five
// steps of a quintic Newton-Schulz iteration.
func orthogonal(x *Node) *Node {
	const a, b, c = 3.4445, -4.7750, 2.0315
	tall := x.Shape().Dim(0) > x.Shape().Dim(1)
	if tall {
		x = Transpose(x, 0, 1)
	}
	x = Div(x, MaxScalar(Sqrt(ReduceAllSum(Square(x))), 1e-7)) // [short, long]
	for range 5 {
		gram := DotGeneral(x, []int{1}, nil, x, []int{1}, nil)                  // x·xᵀ [short, short]
		polynomial := Add(MulScalar(gram, b), MulScalar(MatMul(gram, gram), c)) // [short, short]
		x = Add(MulScalar(x, a), MatMul(polynomial, x))                         // [short, long]
	}
	if tall {
		x = Transpose(x, 0, 1)
	}
	return x
}
