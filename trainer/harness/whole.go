package harness

import (
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
	tokensIn, targets := s.shift(tokens)
	in := new(inputs).scalars(result.Lambda, result.LearningRate, float64(number)).consume(tokensIn, targets)
	for _, p := range s.parameters() {
		in.consume(p.weight).consume(p.states...)
	}
	outputs, err := in.call(s.graphs.whole, "run a step")
	if err != nil {
		return err
	}
	result.Loss, result.GradientNorm = scalar(outputs[0]), scalar(outputs[1])
	outputs = outputs[2:]
	for _, p := range s.parameters() {
		outputs = p.take(outputs)
	}
	return result.check()
}

// shift cuts tokens [batch, sequence+1] into the inputs [batch, sequence] and the
// tokens after each, the targets [rows].
func (s *Session) shift(tokens []int32) (before, after *tensors.Tensor) {
	size, length := s.training.Batch()
	var inputs, targets []int32
	for row := range size {
		sequence := tokens[row*(length+1) : (row+1)*(length+1)]
		inputs, targets = append(inputs, sequence[:length]...), append(targets, sequence[1:]...)
	}
	return tensors.FromFlatDataAndDimensions(inputs, size, length), tensors.FromFlatDataAndDimensions(targets, size*length)
}
