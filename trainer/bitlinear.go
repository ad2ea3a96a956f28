package main

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// bitLinear is the linear layer of quantization-aware training: BitLinear of
// BitNet b1.58 (Ma et al. 2024, https://arxiv.org/abs/2402.17764) with the
// gradual start of https://huggingface.co/blog/1_58_llm_extreme_quantization.
//
// The forward pass uses (1-lambda)·w + lambda·ternary(w). The backward pass is a
// straight-through estimator: gradients reach w as if nothing had been rounded,
// except as learned scales have it.
func (t *Training) bitLinear(lambda, residual *Node) harness.Linear {
	return func(name string, x, weight *Node, companions []*Node) *Node {
		codes, scales := t.quantize(weight, companions)                   // [out, in], [out, groups]
		ternary := dequantize(codes, scales)                              // [out, in]
		blend := Add(Mul(OneMinus(lambda), weight), Mul(lambda, ternary)) // [out, in]
		// Adding w - w changes no bit: at lambda 1 the weights are the exported ones.
		effective := Add(StopGradient(blend), Sub(weight, StopGradient(weight))) // [out, in]
		if t.learnsScales() {
			effective = Add(effective, Mul(lambda, t.learnedGradient(weight, codes, companions[0])))
		}
		if t.DeadZoneRecovery == "arenas" {
			effective = Add(effective, Mul(residual, weight))
		}
		y := llama.Dense(name, t.quantizeActivations(x, lambda), effective) // [tokens, out]
		if bias := t.deadZoneBias(weight, codes); bias != nil {
			y = Add(y, Mul(lambda, ExpandAxes(bias, 0))) // [tokens, out]
		}
		return y
	}
}
