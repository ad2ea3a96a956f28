package main

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// crossEntropy is the mean negative log-likelihood in nats of the targets
// [batch, sequence] under logits [batch·sequence, vocab].
func crossEntropy(logits, targets *Node) *Node {
	rows, vocab := logits.Shape().Dim(0), logits.Shape().Dim(1)
	highest := StopGradient(ReduceMax(logits, -1))                             // [rows]
	shifted := Sub(logits, InsertAxes(highest, -1))                            // [rows, vocab]
	normalizer := Log(ReduceSum(Exp(shifted), -1))                             // [rows]
	target := OneHot(Reshape(targets, rows), vocab, logits.DType())            // [rows, vocab]
	return ReduceAllMean(Sub(normalizer, ReduceSum(Mul(shifted, target), -1))) // []
}
