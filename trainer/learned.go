package main

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Learned scales have one trained number alpha per group, in units of which LSQ
// rounds to {-1, 0, +1} (learned step size: Esser et al. 2020,
// https://arxiv.org/abs/1902.08153) and SEQ to {-2/3, 0, +2/3} (stretched elastic
// quantization: ParetoQ, Liu et al. 2025, https://arxiv.org/abs/2502.02631).
const (
	lsqThreshold = 1.0 / 2
	lsqLimit     = 1.0 // beyond this, the weight is clipped and has no gradient
	seqThreshold = 1.0 / 3
	seqLevel     = 2.0 / 3
	seqLimit     = 0.99 // ParetoQ clamps a little inside of 1
)

func (t *Training) learnsScales() bool { return t.Scale == "lsq" || t.Scale == "seq" }

// learnedScales is the tensor alpha [out, groups] beside a weight [out, in]. It
// starts where scale and threshold are those of TWN, which are close to the best
// for normally distributed weights; ParetoQ's start, the largest weight of a row,
// makes 3 of 4 such weights 0.
func (t *Training) learnedScales(weight llama.Tensor) harness.Companion {
	out, in := weight.Shape[0], weight.Shape[1]
	return harness.Companion{
		Name: ".alpha", Shape: []int{out, in / t.groupSize(in)},
		Start: func(weight *Node) *Node {
			start := *t
			start.Scale = "twn"
			_, scales := start.quantize(weight, nil) // [out, groups]
			if t.Scale == "seq" {
				return MulScalar(scales, 1/seqLevel)
			}
			return scales
		},
	}
}

// alpha is the learned scales [groups, 1], which stay above 0; nil if none are.
func (t *Training) alpha(companions []*Node, groups int) *Node {
	if !t.learnsScales() {
		return nil
	}
	return MaxScalar(Reshape(StopGradient(companions[0]), groups, 1), smallestScale)
}

// learnedGradient is 0 everywhere [out, in]; added to an effective weight that
// passes gradients straight through, it makes them those of LSQ or SEQ. A
// weight beyond the limit gets none. Alpha gets, for each weight of its group,
// the weight's gradient times the error in units of alpha, or times the code
// beyond the limit, all divided by the root of the number of weights.
func (t *Training) learnedGradient(weight, codes, alpha *Node) *Node {
	out, in := weight.Shape().Dim(0), weight.Shape().Dim(1)
	limit, level := lsqLimit, 1.0
	if t.Scale == "seq" {
		limit, level = seqLimit, seqLevel
	}
	each := func(perGroup *Node) *Node { // [out, groups] → [out, in]
		return dequantize(OnesLike(weight), perGroup)
	}
	inAlphas := StopGradient(Div(weight, each(MaxScalar(alpha, smallestScale)))) // [out, in]
	clipped := ConvertDType(GreaterThan(Abs(inAlphas), Scalar(weight.Graph(), weight.DType(), limit)), weight.DType())
	ofAlpha := Add(Mul(clipped, codes), Mul(OneMinus(clipped), Sub(MulScalar(codes, level), inAlphas)))
	ofAlpha = MulScalar(StopGradient(ofAlpha), 1/math.Sqrt(float64(out*in)))

	toWeight := Mul(StopGradient(clipped), Sub(StopGradient(weight), weight)) // takes the clipped weights' gradient away
	toAlpha := Mul(ofAlpha, each(Sub(alpha, StopGradient(alpha))))            // [out, in]
	return Add(toWeight, toAlpha)
}
