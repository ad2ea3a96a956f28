package harness

import (
	"fmt"

	"github.com/ternlab/ternlab/trainer/llama"
)

// Shape is what one training step is fed with.
type Shape struct {
	Sequences int // that pass through the network at once
	Length    int // tokens of each that are trained on: every one predicts the next
	Batches   int // whose gradients are averaged for one update
}

// largestStep is the most tokens of one step, so that their number times the
// steps stays far from overflow.
const largestStep = 1 << 32

// ShapeOf asks a training for its step's shape, and says what is impossible of it.
func ShapeOf(training Training) (Shape, error) {
	shape := Shape{Batches: training.AccumulatedBatches()}
	shape.Sequences, shape.Length = training.Batch()
	product := 1
	for _, factor := range []int{shape.Sequences, shape.Length, shape.Batches} {
		if factor < 1 || factor > largestStep/product {
			return Shape{}, fmt.Errorf("a step of %s: each must be 1 or more, and all together at most %d tokens", shape, largestStep)
		}
		product *= factor
	}
	return shape, nil
}

// Tokens is the number of tokens that a step trains on.
func (s Shape) Tokens() int { return s.Sequences * s.Length * s.Batches }

// String is the shape for a person: "4 × 2 sequences of 128 tokens".
func (s Shape) String() string {
	text := fmt.Sprintf("%d sequences of %d tokens", s.Sequences, s.Length)
	if s.Batches == 1 {
		return text
	}
	return fmt.Sprintf("%d × %s", s.Batches, text)
}

// counted is a training that was asked once what a step costs.
type counted struct {
	Training
	shape    Shape
	distills bool
}

// Counted asks a training once what a step is fed with and whether there is a
// teacher. What it returns answers the same ever after: whatever the recipe's own
// code would say later, no step gets more than what was counted. [NewSession] and
// [Run] do so with any training.
func Counted(training Training) (Training, error) {
	return count(training)
}

func count(training Training) (counted, error) {
	if done, ok := training.(counted); ok {
		return done, nil
	}
	shape, err := ShapeOf(training)
	if err != nil {
		return counted{}, err
	}
	return counted{training, shape, training.Distills()}, nil
}

// Batch is what the recipe said when it was asked.
func (c counted) Batch() (size, length int) { return c.shape.Sequences, c.shape.Length }

// AccumulatedBatches is what the recipe said when it was asked.
func (c counted) AccumulatedBatches() int { return c.shape.Batches }

// Distills is what the recipe said when it was asked.
func (c counted) Distills() bool { return c.distills }

// FLOPs is the number of floating-point operations that a training of so many
// steps needs for its matrix products, a multiplication and an addition counted
// as two: for each token 6 for each weight of a linear layer and of the output
// head, 2 in the forward and 4 in the backward pass, and 12·layers·length·hidden
// for the products of attention; where a teacher runs beside the student, its
// forward pass, a third of that. That is the count of model FLOPs of Chowdhery et
// al. 2022, https://arxiv.org/abs/2204.02311, appendix B, which goes back to
// Kaplan et al. 2020, https://arxiv.org/abs/2001.08361, section 2.1, with the
// head, which the latter leaves out.
//
// It counts what the recipe asks for, so the same recipe has the same figure on
// every backend. Not in it is what an execution does twice (the scores of
// attention, in the backward pass of a model that trains by layer: no linear
// layer's forward pass is repeated), what is done for each value alone (norms,
// rounding, AdamW), and the products of an optimizer such as Muon: the seconds
// of a training have them.
func FLOPs(config llama.Config, shape Shape, distills bool, steps int) float64 {
	weights := config.VocabSize * config.HiddenSize // the head
	for _, tensor := range config.Linears() {
		weights += tensor.Size()
	}
	mixed := config.NumHiddenLayers * shape.Length * config.HiddenSize
	forward := 2*float64(weights) + 4*float64(mixed)
	perToken := 3 * forward
	if distills {
		perToken += forward
	}
	return perToken * float64(shape.Tokens()) * float64(steps)
}
