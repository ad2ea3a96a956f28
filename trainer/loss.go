package main

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// distills says whether anything of the full-precision model is learned.
func (t *Training) distills() bool { return t.DistillLogits > 0 || t.DistillLayers > 0 }

// losses is each row's loss [rows] and its cross-entropy [rows], from logits and,
// with distillation, the teacher's logits [rows, vocab] and targets [rows].
func (t *Training) losses(logits, teacher, targets *Node) (minimized, entropy *Node) {
	entropy = crossEntropy(logits, targets)
	minimized = entropy
	if t.CrossEntropy != 1 {
		minimized = MulScalar(entropy, t.CrossEntropy)
	}
	if t.DistillLogits > 0 {
		minimized = Add(minimized, MulScalar(divergence(logits, teacher, t.Temperature), t.DistillLogits))
	}
	return minimized, entropy
}

// crossEntropy is the negative log-likelihood in nats [rows] of the targets
// [rows] under logits [rows, vocab].
func crossEntropy(logits, targets *Node) *Node {
	vocab := logits.Shape().Dim(1)
	highest := StopGradient(ReduceMax(logits, -1))  // [rows]
	shifted := Sub(logits, InsertAxes(highest, -1)) // [rows, vocab]
	normalizer := Log(ReduceSum(Exp(shifted), -1))  // [rows]
	hit := OneHot(targets, vocab, dtypes.Bool)      // [rows, vocab]
	others := ScalarZero(logits.Graph(), logits.DType())
	return Sub(normalizer, ReduceSum(Where(hit, shifted, others), -1)) // [rows]
}

// divergence is the Kullback-Leibler divergence in nats [rows] of a student's
// predictions from a teacher's, both logits [rows, vocab] softened by a
// temperature, times its square so that gradients keep their size: Hinton et al.
// 2015, https://arxiv.org/abs/1503.02531.
func divergence(student, teacher *Node, temperature float64) *Node {
	ofStudent := LogSoftmax(MulScalar(student, 1/temperature), -1)               // [rows, vocab]
	ofTeacher := StopGradient(LogSoftmax(MulScalar(teacher, 1/temperature), -1)) // [rows, vocab]
	apart := ReduceSum(Mul(Exp(ofTeacher), Sub(ofTeacher, ofStudent)), -1)       // [rows]
	return MulScalar(apart, temperature*temperature)
}

// layerLosses is each row's distance [rows] of x [rows, hidden] after a layer
// from the teacher's: 1 - cosine, as TernaryLLM's feature distillation has it
// (https://arxiv.org/abs/2406.07177), or the squared distance in units of the
// teacher's squared length.
func (t *Training) layerLosses(x, teacher *Node) *Node {
	if t.DistillLayers == 0 {
		return nil
	}
	teacher = StopGradient(teacher)
	length := AddScalar(ReduceSum(Square(teacher), -1), 1e-6) // [rows], squared
	var distance *Node
	if t.LayersDistance == "squared" {
		distance = Div(ReduceSum(Square(Sub(x, teacher)), -1), length)
	} else {
		own := AddScalar(ReduceSum(Square(x), -1), 1e-6) // [rows], squared
		distance = OneMinus(Div(ReduceSum(Mul(x, teacher), -1), Sqrt(Mul(own, length))))
	}
	return MulScalar(distance, t.DistillLayers)
}
