package main

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// reactivate lowers the thresholds [groups, 1] of a layer in which more than
// DeadShare of the weights [groups, group] would become 0, so that the largest of
// them stay.
func (t *Training) reactivate(sizes, threshold *Node) *Node {
	if t.DeadZoneRecovery != "reactivate" {
		return threshold
	}
	dead := ConvertDType(LessOrEqual(sizes, threshold), sizes.DType())
	share := MaxScalar(ReduceAllMean(dead), t.DeadShare) // []
	return Mul(threshold, MulScalar(Reciprocal(share), t.DeadShare))
}

// deadZoneBias is Tequila's use for dead weights
// (https://arxiv.org/abs/2509.23809): epsilon times their sum is added to each
// output [out], whatever the input is, which also gives them a gradient. The
// export has it as the layer's bias. Nil where the recipe doesn't ask for it.
func (t *Training) deadZoneBias(weight, codes *Node) *Node {
	if t.DeadZoneRecovery != "tequila" {
		return nil
	}
	dead := ConvertDType(IsZero(codes), weight.DType()) // [out, in]
	return MulScalar(ReduceSum(Mul(weight, dead), -1), t.TequilaEpsilon)
}

// residual is Sherry's share of full-precision weights on top of the ternary ones
// ("arenas", https://arxiv.org/abs/2601.07892): it rises to 1 over the first tenth
// of the steps and falls as a cosine to 0 at the last, so that nothing of it is
// left in the export.
func (t *Training) residual(step int) float64 {
	if t.DeadZoneRecovery != "arenas" {
		return 0
	}
	progress := min(float64(step)/float64(max(t.steps, 1)), 1)
	if progress < 0.1 {
		return progress / 0.1
	}
	return 0.5 * (1 + math.Cos(math.Pi*(progress-0.1)/0.9))
}
