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

// threshold is the size, relative to the scale, up to which a weight becomes 0.
// With recovery "reactivate" a layer in which more than deadShare of the weights
// would die gets a threshold so much lower, and its largest dead weights live.
func (t *Training) threshold(relative *Node) *Node {
	threshold := Scalar(relative.Graph(), relative.DType(), t.DeadZone)
	if t.DeadZoneRecovery != "reactivate" {
		return threshold
	}
	dead := ConvertDType(LessOrEqual(Abs(relative), threshold), relative.DType())
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
