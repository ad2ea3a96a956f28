package harness

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// wholeLimit is the number of parameters up to which a step is one graph.
const wholeLimit = 5_000_000

// whole is a training step as one graph: lambda, learning rate, step, tokens
// [batch, seq], targets [rows], and weight and optimizer states of each tensor
// → loss [], norm of the gradients [], and the new weights and states.
func (b builder) whole(inputs []*Node) []*Node {
	lambda, learningRate, step, tokens, targets, rest := inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5:]
	all := b.config.Tensors()
	each := 1 + b.training.OptimizerStates()
	byName, weights := map[string]*Node{}, make([]*Node, len(all))
	for i, tensor := range all {
		weights[i] = rest[i*each]
		byName[tensor.Name] = weights[i]
	}
	logits := b.config.Logits(func(name string) *Node { return byName[name] }, b.training.Linear(lambda), tokens)
	loss := ReduceAllMean(b.training.Losses(logits, targets))
	gradients := Gradient(loss, weights...)
	squares := ScalarZero(loss.Graph(), loss.DType())
	for _, gradient := range gradients {
		squares = Add(squares, ReduceAllSum(Square(gradient)))
	}
	norm := Sqrt(squares)

	outputs := []*Node{loss, norm}
	for i, tensor := range all {
		states := rest[i*each+1 : (i+1)*each]
		weight, newStates := b.training.Update(tensor, weights[i], gradients[i], states, norm, learningRate, step)
		outputs = append(append(outputs, weight), newStates...)
	}
	return outputs
}

// stepWhole runs a step as one graph.
func (s *Session) stepWhole(number int, tokens []int32, result *StepResult) error {
	inputs, targets := s.shift(tokens)
	arguments := []any{float32(result.Lambda), float32(result.LearningRate), float32(number), inputs, targets}
	for _, p := range s.parameters() {
		arguments = s.give(arguments, p.weight, p.states...)
	}
	outputs, err := s.graphs.whole.Call(arguments...)
	if err != nil {
		return fmt.Errorf("run training step %d: %w", number, err)
	}
	result.Loss, result.GradientNorm = scalar(outputs[0]), scalar(outputs[1])
	outputs = outputs[2:]
	for _, p := range s.parameters() {
		outputs = p.take(outputs)
	}
	return result.check(number)
}

// shift cuts tokens [batch, sequence+1] into inputs [batch, sequence] and the
// tokens after each, targets [rows].
func (s *Session) shift(tokens []int32) (inputs, targets *tensors.Tensor) {
	size, length := s.training.Batch()
	var before, after []int32
	for row := range size {
		sequence := tokens[row*(length+1) : (row+1)*(length+1)]
		before, after = append(before, sequence[:length]...), append(after, sequence[1:]...)
	}
	return tensors.FromFlatDataAndDimensions(before, size, length), tensors.FromFlatDataAndDimensions(after, size*length)
}
