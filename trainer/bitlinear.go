package main

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/llama"
)

// bitLinear is the linear layer of quantization-aware training: BitLinear of
// BitNet b1.58 (Ma et al. 2024, https://arxiv.org/abs/2402.17764) with the
// gradual start of https://huggingface.co/blog/1_58_llm_extreme_quantization.
//
// The forward pass uses (1-lambda)·w + lambda·ternary(w). The backward pass is a
// straight-through estimator: gradients reach w as if nothing had been rounded.
func (t *Training) bitLinear(lambda *Node) llama.Linear {
	return func(name string, x, weight *Node) *Node {
		codes, scales := t.quantize(weight)                                             // [out, in], [out, groups]
		ternary := dequantize(codes, scales)                                            // [out, in]
		rounding := StopGradient(Mul(lambda, Sub(ternary, weight)))                     // [out, in]
		y := llama.Dense(name, t.quantizeActivations(x, lambda), Add(weight, rounding)) // [tokens, out]
		if bias := t.deadZoneBias(weight, codes); bias != nil {
			y = Add(y, Mul(lambda, ExpandAxes(bias, 0))) // [tokens, out]
		}
		return y
	}
}
