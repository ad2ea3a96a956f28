package main

import (
	. "github.com/gomlx/gomlx/core/graph"
)

const (
	// deadShare is the share of zeros above which weights are reactivated.
	deadShare = 0.40
	// tequilaEpsilon weighs dead weights in Tequila's bias; its authors' value.
	tequilaEpsilon = 1e-3
)

// threshold is the size up to which a weight becomes 0, for groups of weights of
// these sizes [groups, group] and scales [groups, 1]. With recovery "reactivate"
// a layer in which more than deadShare of the weights would die gets a threshold
// so much lower, and its largest dead weights live.
func (t *Training) threshold(sizes, scale *Node) *Node {
	threshold := MulScalar(scale, t.DeadZone) // [groups, 1]
	if t.DeadZoneRecovery != "reactivate" {
		return threshold
	}
	dead := ConvertDType(LessOrEqual(sizes, threshold), sizes.DType())
	share := MaxScalar(ReduceAllMean(dead), deadShare) // []
	return Mul(threshold, MulScalar(Reciprocal(share), deadShare))
}

// deadZoneBias is Tequila's use for dead weights
// (https://arxiv.org/abs/2509.23809): epsilon times their sum is added to each
// output [out], whatever the input is, which also gives them a gradient. Nil
// where the recipe doesn't ask for it.
func (t *Training) deadZoneBias(weight, codes *Node) *Node {
	if t.DeadZoneRecovery != "tequila" {
		return nil
	}
	dead := ConvertDType(IsZero(codes), weight.DType()) // [out, in]
	return MulScalar(ReduceSum(Mul(weight, dead), -1), tequilaEpsilon)
}
