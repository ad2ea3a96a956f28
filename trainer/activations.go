package main

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// quantizeActivations rounds each token of x [tokens, in] to 8-bit integers with
// a scale of its own (absmax per token, BitNet b1.58), as the exported model
// does. Lambda blends it in, unless it starts at once.
func (t *Training) quantizeActivations(x, lambda *Node) *Node {
	if t.ActivationBits != 8 {
		return x
	}
	largest := MaxScalar(ReduceAndKeep(Abs(x), ReduceMax, -1), 1e-5) // [tokens, 1]
	scale := MulScalar(Reciprocal(largest), 127)                     // [tokens, 1]
	rounding := Sub(Div(ClipScalar(Round(Mul(x, scale)), -128, 127), scale), x)
	if t.ActivationStart == "lambda" {
		rounding = Mul(lambda, rounding)
	}
	return Add(x, StopGradient(rounding)) // [tokens, in]
}
