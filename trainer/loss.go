package main

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// crossEntropy is the negative log-likelihood in nats [rows] of the targets
// [rows] under logits [rows, vocab].
func crossEntropy(logits, targets *Node) *Node {
	vocab := logits.Shape().Dim(1)
	highest := StopGradient(ReduceMax(logits, -1))           // [rows]
	shifted := Sub(logits, InsertAxes(highest, -1))          // [rows, vocab]
	normalizer := Log(ReduceSum(Exp(shifted), -1))           // [rows]
	hot := OneHot(targets, vocab, logits.DType())            // [rows, vocab]
	return Sub(normalizer, ReduceSum(Mul(shifted, hot), -1)) // [rows]
}
