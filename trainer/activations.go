package main

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/harness"
)

// quantizeActivations rounds x [tokens, in] to 8-bit integers (absmax, BitNet
// b1.58), with a scale for each token or for each channel, as ActivationScales
// says. Lambda blends it in, unless it starts at once.
//
// A channel's scale here is that of the batch at hand. The exported model can't
// look at all of a text, so the harness fixes its scales from training text.
func (t *Training) quantizeActivations(x, lambda *Node) *Node {
	if t.ActivationBits != 8 {
		return x
	}
	axis := -1 // over the inputs of a token
	if t.roundsPerChannel() {
		axis = 0 // over the tokens of a channel
	}
	largest := MaxScalar(ReduceAndKeep(Abs(x), ReduceMax, axis), harness.SmallestInput) // [tokens, 1] or [1, in]
	scale := MulScalar(largest, 1.0/127)
	rounding := Sub(Mul(ClipScalar(Round(Div(x, scale)), -128, 127), scale), x) // [tokens, in]
	if t.ActivationStart == "lambda" {
		rounding = Mul(lambda, rounding)
	}
	return Add(x, StopGradient(rounding)) // [tokens, in]
}

func (t *Training) roundsPerChannel() bool {
	return t.ActivationBits == 8 && t.ActivationScales == "channel"
}
