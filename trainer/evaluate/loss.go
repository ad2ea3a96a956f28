package evaluate

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// negativeLogLikelihoods are those of targets [rows] under logits [rows, vocab], in
// nats [rows].
//
// They are right for every input: none is below 0, and exp(-loss) adds up to 1 over
// all targets that there could be, to 4e-5. So the logarithm is never added to a
// logit, beside which it might be lost, but to a difference of two. A logit of -Inf
// is a prediction of 0. With a logit of +Inf or NaN a row's losses aren't finite.
func negativeLogLikelihoods(logits, targets *Node) *Node {
	hit := OneHot(targets, logits.Shape().Dim(1), dtypes.Bool)                              // [rows, vocab]
	target := ReduceSum(Where(hit, logits, ScalarZero(logits.Graph(), logits.DType())), -1) // [rows]
	highest := ReduceMax(logits, -1)                                                        // [rows]
	normalizer := sumInParts(Exp(Sub(logits, InsertAxes(highest, -1))))                     // [rows]
	return Add(Log(normalizer), Sub(highest, target))
}

// sumInParts adds up each row of x [rows, n], first in parts of up to 512, then
// these: [rows]. Added up in one go in float32, 50,000 small numbers may lack as much
// as 0.3 % of their sum.
func sumInParts(x *Node) *Node {
	rows, n := x.Shape().Dim(0), x.Shape().Dim(1)
	part := min(n, 512)
	for n%part != 0 {
		part--
	}
	return ReduceSum(ReduceSum(Reshape(x, rows, n/part, part), -1), -1)
}

// lowest is how far below 0 rounding may take a loss, in nats.
const lowest = -1e-6

// sums adds up the losses [rows] of each window of all batches, but for that of what
// follows its last token, and says which loss can't be one.
func (e *Evaluator) sums(batches []batch, losses [][]float32) ([]float64, error) {
	var sums []float64
	for i, batch := range batches {
		for place := range batch.windows {
			sum := 0.0
			for token, loss := range losses[i][place*e.context : (place+1)*e.context-1] {
				if !(loss >= lowest) || math.IsInf(float64(loss), 0) {
					return nil, fmt.Errorf("window %d: the loss of token %d is %v, want a finite number from 0 on: "+
						"weights are so large, or so broken, that the model computes nothing", len(sums), token+1, loss)
				}
				sum += float64(loss)
			}
			sums = append(sums, sum)
		}
	}
	return sums, nil
}
