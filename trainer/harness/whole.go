package harness

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/llama"
)

// wholeLimit is the number of parameters up to which a step is one graph.
const wholeLimit = 5_000_000

// TrainsByLayer says whether a model is so large that a step runs layer by layer
// (on a GPU as a loop over them), not as one graph.
func TrainsByLayer(config llama.Config) bool { return config.NumParameters() > wholeLimit }

// whole is a training step as one graph: lambda, residual, learning rate, step,
// tokens [batch, seq], targets [rows], weight and optimizer states of each
// tensor, and perhaps the teacher's weights → cross-entropy [], norm of the
// gradients [], and the new weights and states.
func (b builder) whole(inputs []*Node) []*Node {
	lambda, residual, learningRate, step, tokens, targets, rest := inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], inputs[6:]
	weights, _, teacher := b.weightsAndStates(rest)
	outputs := b.gradients(slices.Concat([]*Node{lambda, residual, tokens, targets}, weights, teacher))
	loss, gradients := outputs[0], outputs[1:]
	return append([]*Node{loss}, b.apply(slices.Concat([]*Node{learningRate, step}, gradients, rest))...)
}

// weightsAndStates parts the weights of all tensors from their optimizer states,
// which follow each, and from what comes after the last.
func (b builder) weightsAndStates(inputs []*Node) (weights []*Node, states [][]*Node, rest []*Node) {
	for _, tensor := range b.allTensors() {
		count := 1 + b.training.OptimizerStates(tensor)
		weights, states, inputs = append(weights, inputs[0]), append(states, inputs[1:count]), inputs[count:]
	}
	return weights, states, inputs
}

// gradients is lambda, residual, tokens [batch, seq], targets [rows], all weights
// and perhaps the teacher's → the batch's share of the step's mean cross-entropy
// [], and the loss's gradients.
func (b builder) gradients(inputs []*Node) []*Node {
	lambda, residual, tokens, targets, inputs := inputs[0], inputs[1], inputs[2], inputs[3], inputs[4:]
	all := b.allTensors()
	weights, teacher := inputs[:len(all)], inputs[len(all):]
	student := named(all, weights)
	minimized, crossEntropy := b.losses(student, b.student(lambda, residual, student), teacher, tokens, targets)
	if batches := b.training.AccumulatedBatches(); batches > 1 {
		minimized, crossEntropy = MulScalar(minimized, 1/float64(batches)), MulScalar(crossEntropy, 1/float64(batches))
	}
	return append([]*Node{crossEntropy}, Gradient(minimized, weights...)...)
}

// apply is learning rate, step, the gradients of all tensors, and weight and
// optimizer states of each → norm of the gradients [], the new weights and states.
func (b builder) apply(inputs []*Node) []*Node {
	all := b.allTensors()
	learningRate, step, gradients := inputs[0], inputs[1], inputs[2:2+len(all)]
	weights, states, _ := b.weightsAndStates(inputs[2+len(all):])
	total := ScalarZero(step.Graph(), step.DType())
	for _, gradient := range gradients {
		total = Add(total, ReduceAllSum(Square(gradient)))
	}
	norm := Sqrt(total)

	outputs := []*Node{norm}
	for i, tensor := range all {
		weight, newStates := b.training.Update(tensor, weights[i], gradients[i], states[i], norm, learningRate, step)
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

// losses are what is minimized [] and the mean cross-entropy [] on tokens
// [batch, seq] and targets [rows]. The teacher's weights are empty without one.
func (b builder) losses(weights llama.Weights, linear llama.Linear, teacher []*Node, tokens, targets *Node) (minimized, crossEntropy *Node) {
	layers, logits := b.run(weights, linear, tokens) // [rows, hidden] each, [rows, vocab]
	if !b.training.Distills() {
		minimized, crossEntropy = b.training.Losses(logits, nil, targets)
		return ReduceAllMean(minimized), ReduceAllMean(crossEntropy)
	}
	teacherLayers, teacherLogits := b.run(named(b.config.Tensors(), teacher), llama.Dense, tokens)
	minimized, crossEntropy = b.training.Losses(logits, teacherLogits, targets) // [rows]
	minimized = ReduceAllMean(minimized)
	for i := range layers {
		if losses := b.training.LayerLosses(layers[i], teacherLayers[i]); losses != nil {
			minimized = Add(minimized, MulScalar(ReduceAllMean(losses), 1/float64(len(layers))))
		}
	}
	return minimized, ReduceAllMean(crossEntropy)
}

// run is the network: tokens [batch, seq] → x [rows, hidden] after each layer, and
// logits [rows, vocab].
func (b builder) run(weights llama.Weights, linear llama.Linear, tokens *Node) (layers []*Node, logits *Node) {
	embedding := weights(llama.Embedding) // [vocab, hidden]
	x := b.config.Embed(embedding, tokens)
	for layer := range b.config.NumHiddenLayers {
		within := func(name string) *Node { return weights(llama.LayerName(layer, name)) }
		named := func(name string, x, weight *Node) *Node { return linear(llama.LayerName(layer, name), x, weight) }
		x = b.config.Block(within, named, x, b.size, b.length)
		layers = append(layers, x)
	}
	return layers, b.config.Head(embedding, weights(llama.FinalNorm), x)
}

// stepWhole runs a step as one graph.
func (s *Session) stepWhole(number int, tokens []int32, result *StepResult) error {
	tokensIn, targets := s.shift(tokens)
	in := new(inputs).scalars(result.Lambda, result.Residual, result.LearningRate, float64(number)).consume(tokensIn, targets)
	for _, p := range s.parameters() {
		in.consume(p.weight).consume(p.states...)
	}
	in.keep(s.teacher.all()...)
	outputs, err := in.call(s.graphs.whole, "run a step")
	if err != nil {
		return err
	}
	return s.takeStep(scalar(outputs[0]), outputs[1:], result)
}

// stepAccumulated runs a step of several batches, a graph for each and one for
// the update.
func (s *Session) stepAccumulated(number int, tokens []int32, result *StepResult) error {
	total, err := s.sumBatches(tokens, func(batch []int32) ([]*tensors.Tensor, error) { // the loss and its gradients
		tokensIn, targets := s.shift(batch)
		return new(inputs).scalars(result.Lambda, result.Residual).consume(tokensIn, targets).
			keep(weightsOf(s.parameters())...).keep(s.teacher.all()...).
			call(s.graphs.gradients, "run a batch")
	})
	if err != nil {
		return err
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

// sumBatches adds up what run gives of each batch of a step: its share of the
// loss, and its gradients.
func (s *Session) sumBatches(tokens []int32, run func(batch []int32) ([]*tensors.Tensor, error)) ([]*tensors.Tensor, error) {
	var total []*tensors.Tensor
	for batch := range slices.Chunk(tokens, len(tokens)/s.training.AccumulatedBatches()) {
		share, err := run(batch)
		if err != nil {
			return nil, err
		}
		if total == nil {
			total = share
		} else if total, err = new(inputs).consume(total...).consume(share...).call(s.graphs.sum, "add gradients"); err != nil {
			return nil, err
		}
	}
	return total, nil
}
