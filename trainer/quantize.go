package main

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

// smallestScale keeps divisions finite where all weights of a group are 0.
const smallestScale = 1e-5

// quantize rounds a weight [out, in] to codes [out, in] in {-1, 0, +1} and
// scales [out, in/group]. It has no gradient of its own.
func (t *Training) quantize(weight *Node) (codes, scales *Node) {
	weight = StopGradient(weight)
	out, in := weight.Shape().Dim(0), weight.Shape().Dim(1)
	groups := Reshape(weight, out*in/t.GroupSize, t.GroupSize) // [groups, group]
	sizes := Abs(groups)                                       // [groups, group]
	scale := MaxScalar(t.scale(sizes), smallestScale)          // [groups, 1]
	alive := ConvertDType(GreaterThan(sizes, t.threshold(sizes, scale)), weight.DType())
	codes = Mul(Sign(groups), alive) // [groups, group]
	return Reshape(codes, out, in), Reshape(scale, out, in/t.GroupSize)
}

// scale is one number per group of weights of these sizes [groups, group]: their
// mean (BitNet b1.58) or the largest.
func (t *Training) scale(sizes *Node) *Node {
	if t.Scale == "absmax" {
		return ReduceAndKeep(sizes, ReduceMax, -1) // [groups, 1]
	}
	return ReduceAndKeep(sizes, ReduceMean, -1) // [groups, 1]
}

// dequantize multiplies codes [out, in] by the scales [out, groups] of their groups.
func dequantize(codes, scales *Node) *Node {
	out, in := codes.Shape().Dim(0), codes.Shape().Dim(1)
	groups := scales.Shape().Dim(1)
	grouped := Reshape(codes, out, groups, in/groups)
	return Reshape(Mul(grouped, InsertAxes(scales, -1)), out, in)
}

// quantizeActivations blends in the rounding of each token of x [tokens, in] to
// 8-bit integers with a scale of its own (absmax per token, BitNet b1.58).
func (t *Training) quantizeActivations(x, lambda *Node) *Node {
	if t.ActivationBits != 8 {
		return x
	}
	largest := MaxScalar(ReduceAndKeep(Abs(x), ReduceMax, -1), 1e-5) // [tokens, 1]
	scale := MulScalar(Reciprocal(largest), 127)                     // [tokens, 1]
	rounded := Div(ClipScalar(Round(Mul(x, scale)), -128, 127), scale)
	return Add(x, StopGradient(Mul(lambda, Sub(rounded, x)))) // [tokens, in]
}

// checkGroups says which layers the group size doesn't fit.
func (t *Training) checkGroups() error {
	var misfits []string
	for _, linear := range t.config.Linears() {
		if rows := linear.Shape[1]; rows%t.GroupSize != 0 {
			misfits = append(misfits, fmt.Sprintf("%s (rows of %d)", linear.Name, rows))
		}
	}
	if len(misfits) == 0 {
		return nil
	}
	return fmt.Errorf("group size %d does not divide the rows of %d layers: %s; use a size that divides all of them, such as 64",
		t.GroupSize, len(misfits), strings.Join(misfits, ", "))
}
