package harness

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/llama"
)

// wholeLimit is the number of parameters up to which a step is one graph.
const wholeLimit = 5_000_000

// TrainsByLayer says whether a model is so large that a step runs layer by layer.
func TrainsByLayer(config llama.Config) bool { return config.NumParameters() > wholeLimit }

// whole is a training step as one graph: lambda, learning rate, step, tokens
// [batch, seq], targets [rows], and weight and optimizer states of each tensor
// → loss [], norm of the gradients [], and the new weights and states.
func (b builder) whole(inputs []*Node) []*Node {
	lambda, learningRate, step, tokens, targets, rest := inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5:]
	var weights []*Node
	for tensor := range slices.Chunk(rest, 1+b.training.OptimizerStates()) {
		weights = append(weights, tensor[0])
	}
	outputs := b.gradients(append([]*Node{lambda, tokens, targets}, weights...))
	loss, gradients := outputs[0], outputs[1:]
	return append([]*Node{loss}, b.apply(append(append([]*Node{learningRate, step}, gradients...), rest...))...)
}

// gradients is lambda, tokens [batch, seq], targets [rows] and all weights → the
// batch's share of the step's mean loss [], and its gradients.
func (b builder) gradients(inputs []*Node) []*Node {
	lambda, tokens, targets, weights := inputs[0], inputs[1], inputs[2], inputs[3:]
	byName := map[string]*Node{}
	for i, tensor := range b.config.Tensors() {
		byName[tensor.Name] = weights[i]
	}
	logits := b.config.Logits(func(name string) *Node { return byName[name] }, b.training.Linear(lambda), tokens)
	loss := ReduceAllMean(b.training.Losses(logits, targets))
	if batches := b.training.AccumulatedBatches(); batches > 1 {
		loss = MulScalar(loss, 1/float64(batches))
	}
	return append([]*Node{loss}, Gradient(loss, weights...)...)
}

// apply is learning rate, step, the gradients of all tensors, and weight and
// optimizer states of each → norm of the gradients [], the new weights and states.
func (b builder) apply(inputs []*Node) []*Node {
	all := b.config.Tensors()
	each := 1 + b.training.OptimizerStates()
	learningRate, step, gradients, rest := inputs[0], inputs[1], inputs[2:2+len(all)], inputs[2+len(all):]
	total := ScalarZero(step.Graph(), step.DType())
	for _, gradient := range gradients {
		total = Add(total, ReduceAllSum(Square(gradient)))
	}
	norm := Sqrt(total)

	outputs := []*Node{norm}
	for i, tensor := range all {
		weight, states := rest[i*each], rest[i*each+1:(i+1)*each]
		weight, newStates := b.training.Update(tensor, weight, gradients[i], states, norm, learningRate, step)
		outputs = append(append(outputs, weight), newStates...)
	}
	return outputs
}

// sum adds two lists, one behind the other, item by item.
func sum(inputs []*Node) []*Node {
	var sums []*Node
	for i, count := 0, len(inputs)/2; i < count; i++ {
		sums = append(sums, Add(inputs[i], inputs[count+i]))
	}
	return sums
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
	return s.takeStep(scalar(outputs[0]), outputs[1:], result)
}

// stepAccumulated runs a step of several batches, a graph for each and one for
// the update.
func (s *Session) stepAccumulated(number int, tokens []int32, result *StepResult) error {
	var total []*tensors.Tensor // the loss and its gradients
	for batch := range slices.Chunk(tokens, len(tokens)/s.training.AccumulatedBatches()) {
		tokensIn, targets := s.shift(batch)
		share, err := new(inputs).scalars(result.Lambda).consume(tokensIn, targets).keep(weightsOf(s.parameters())...).
			call(s.graphs.gradients, "run a batch")
		if err != nil {
			return err
		}
		if total == nil {
			total = share
		} else if total, err = new(inputs).consume(total...).consume(share...).call(s.graphs.sum, "add gradients"); err != nil {
			return err
		}
	}
	in := new(inputs).scalars(result.LearningRate, float64(number)).consume(total[1:]...)
	for _, p := range s.parameters() {
		in.consume(p.weight).consume(p.states...)
	}
	outputs, err := in.call(s.graphs.apply, "update weights")
	if err != nil {
		return err
	}
	return s.takeStep(scalar(total[0]), outputs, result)
}

// takeStep keeps what a step gave: the norm of the gradients, weights and states.
func (s *Session) takeStep(loss float64, outputs []*tensors.Tensor, result *StepResult) error {
	result.Loss, result.GradientNorm = loss, scalar(outputs[0])
	outputs = outputs[1:]
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
