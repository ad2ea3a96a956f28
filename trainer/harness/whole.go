package harness

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/llama"
)

// whole runs a step as one graph, or, where it has several batches, as one for
// each and one for the update.
type whole struct {
	*network
	oneStep *Exec // stepInputs → cross-entropy, norm, weights and states
	batch   *Exec // batchInputs → cross-entropy, gradients
	sum     *Exec // two lists → their sums
	apply   *Exec // updateInputs, but for the norm → norm, weights and states
}

func newWhole(n *network, c *compiler) *whole {
	w := &whole{network: n}
	w.oneStep, w.batch, w.sum, w.apply = c.exec(w.oneStepGraph), c.exec(w.batchGraph), c.exec(sum), c.exec(w.applyGraph)
	return w
}

// step runs one.
func (w *whole) step(number int, tokens []int32, schedule Schedule) (loss, norm float64, err error) {
	if w.training.AccumulatedBatches() > 1 {
		return w.accumulate(number, tokens, schedule)
	}
	in := stepInputs[*tensors.Tensor]{
		blend: schedule.blend(), learningRate: fromFloat(schedule.LearningRate), step: fromFloat(float64(number)),
		trained: trained(w.all()), teacher: w.teacher.all(),
	}
	in.tokens, in.targets = w.shift(tokens)
	outputs, err := call(w.oneStep, "run a step", in.list(), append(listTrained(in.trained), in.tokens, in.targets)...)
	if err != nil {
		return 0, 0, err
	}
	take(w.all(), outputs[2:])
	return toFloat(outputs[0]), toFloat(outputs[1]), nil
}

// accumulate runs a step of several batches.
func (w *whole) accumulate(number int, tokens []int32, schedule Schedule) (loss, norm float64, err error) {
	total, err := w.sumBatches(tokens, w.sum, func(batch []int32) ([]*tensors.Tensor, error) { // the loss and its gradients
		in := batchInputs[*tensors.Tensor]{blend: schedule.blend(), weights: weightsOf(w.all()), teacher: w.teacher.all()}
		in.tokens, in.targets = w.shift(batch)
		return call(w.batch, "run a batch", in.list(), in.tokens, in.targets)
	})
	if err != nil {
		return 0, 0, err
	}
	in := updateInputs[*tensors.Tensor]{
		norm: fromFloat(0), learningRate: fromFloat(schedule.LearningRate), step: fromFloat(float64(number)),
		gradients: total[1:], trained: trained(w.all()),
	}
	outputs, err := call(w.apply, "update weights", in.list(), append(listTrained(in.trained), in.gradients...)...)
	if err != nil {
		return 0, 0, err
	}
	take(w.all(), outputs[1:])
	return toFloat(total[0]), toFloat(outputs[0]), nil
}

// oneStepGraph is a whole step.
func (w *whole) oneStepGraph(list []*Node) []*Node {
	in := readStepInputs(w.states(w.allTensors()), list)
	of := batchInputs[*Node]{blend: in.blend, tokens: in.tokens, targets: in.targets, teacher: in.teacher}
	for _, trained := range in.trained {
		of.weights = append(of.weights, trained.weight)
	}
	crossEntropy, gradients := w.gradients(of)
	return append([]*Node{crossEntropy}, w.applied(updateInputs[*Node]{
		learningRate: in.learningRate, step: in.step, gradients: gradients, trained: in.trained,
	})...)
}

// batchGraph is a batch of a step of several.
func (w *whole) batchGraph(list []*Node) []*Node {
	crossEntropy, gradients := w.gradients(readBatchInputs(len(w.allTensors()), list))
	return append([]*Node{crossEntropy}, gradients...)
}

// applyGraph is the update after all batches of a step.
func (w *whole) applyGraph(list []*Node) []*Node {
	return w.applied(readUpdateInputs(w.states(w.allTensors()), list))
}

// applied is the norm of the gradients, and what the update with that norm gives.
func (w *whole) applied(in updateInputs[*Node]) []*Node {
	in.norm = Sqrt(sumOfSquares(in.gradients))
	return append([]*Node{in.norm}, w.update(w.allTensors(), in)...)
}

// gradients are a batch's share of the step's mean cross-entropy [], and the loss's
// gradients.
func (w *whole) gradients(in batchInputs[*Node]) (crossEntropy *Node, gradients []*Node) {
	minimized, crossEntropy := w.losses(in)
	if batches := w.training.AccumulatedBatches(); batches > 1 {
		minimized, crossEntropy = MulScalar(minimized, 1/float64(batches)), MulScalar(crossEntropy, 1/float64(batches))
	}
	return crossEntropy, Gradient(minimized, in.weights...)
}

// losses are what is minimized [] and the mean cross-entropy [] of a batch.
func (w *whole) losses(in batchInputs[*Node]) (minimized, crossEntropy *Node) {
	weights := named(w.allTensors(), in.weights)
	layers, logits := w.run(weights, w.student(in.blend, weights), in.tokens) // [rows, hidden] each, [rows, vocab]
	if !w.training.Distills() {
		minimized, crossEntropy = w.training.Losses(logits, nil, in.targets)
		return ReduceAllMean(minimized), ReduceAllMean(crossEntropy)
	}
	teacherLayers, teacherLogits := w.run(named(w.config.Tensors(), in.teacher), llama.Dense, in.tokens)
	minimized, crossEntropy = w.training.Losses(logits, teacherLogits, in.targets) // [rows]
	minimized = ReduceAllMean(minimized)
	for i := range layers {
		if losses := w.training.LayerLosses(layers[i], teacherLayers[i]); losses != nil {
			minimized = Add(minimized, MulScalar(ReduceAllMean(losses), 1/float64(len(layers))))
		}
	}
	return minimized, ReduceAllMean(crossEntropy)
}

// run is the network: tokens [batch, seq] → x [rows, hidden] after each layer, and
// logits [rows, vocab].
func (w *whole) run(weights llama.Weights, linear llama.Linear, tokens *Node) (layers []*Node, logits *Node) {
	embedding := weights(llama.Embedding) // [vocab, hidden]
	x := w.config.Embed(embedding, tokens)
	for layer := range w.config.NumHiddenLayers {
		within := func(name string) *Node { return weights(llama.LayerName(layer, name)) }
		named := func(name string, x, weight *Node) *Node { return linear(llama.LayerName(layer, name), x, weight) }
		x = w.config.Block(within, named, x, w.size, w.length)
		layers = append(layers, x)
	}
	return layers, w.config.Head(embedding, weights(llama.FinalNorm), x)
}
