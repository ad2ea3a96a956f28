package harness

import (
	"runtime"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// looped runs a step whose layers are turns of a loop within the graph. It compiles as
// fast as a single layer. It is few calls, since go-xla waits for each, and once
// they are under way the device needs nothing from Go; in return, the new weights
// of several layers are in memory beside the old ones.
type looped struct {
	*network
	forward       *Exec // loopInputs → x after the last layer, and what each layer saves, stacked
	head          *Exec // headInputs → headOutputs, of all rows
	backward      *Exec // lambda, residual, gradient, stacks of forward → gradient, stacks of the weights' gradients
	embedBackward *Exec // see builder.embedBackward
	sum           *Exec // two lists → their sums
	norm          *Exec // gradients → the norm of all together
	updateLayers  *Exec // see updateLayersGraph
	updateEnds    *Exec // updateInputs → norm, weights and states, of embedding and final norm
}

func newLooped(n *network, c *compiler) *looped {
	l := &looped{network: n}
	l.forward, l.backward = c.exec(l.forwardGraph), c.exec(l.backwardGraph)
	l.head = c.exec(func(list []*Node) []*Node { return l.headOfAll(readHeadInputs(list)).list() })
	l.embedBackward, l.sum = c.exec(n.embedBackward), c.exec(sum)
	l.norm = c.exec(func(gradients []*Node) []*Node { return []*Node{Sqrt(sumOfSquares(gradients))} })
	l.updateLayers, l.updateEnds = c.exec(l.updateLayersGraph), c.exec(n.updateGraph(n.config.EndTensors()))
	return l
}

// batchGradients is what a batch gives: its share of the loss, and the gradients of
// embedding, final norm and, as stacks [layers, …], the layers.
type batchGradients struct {
	loss, embedding, norm *tensors.Tensor
	stacks                []*tensors.Tensor
}

func (g batchGradients) list() []*tensors.Tensor {
	return append([]*tensors.Tensor{g.loss, g.embedding, g.norm}, g.stacks...)
}

func readBatchGradients(list []*tensors.Tensor) batchGradients {
	return batchGradients{list[0], list[1], list[2], list[3:]}
}

// step runs one.
func (l *looped) step(number int, tokens []int32, schedule Schedule) (loss, norm float64, err error) {
	list, err := l.sumBatches(tokens, l.sum, func(batch []int32) ([]*tensors.Tensor, error) {
		gradients, err := l.runBatch(batch, schedule)
		return gradients.list(), err
	})
	if err != nil {
		return 0, 0, err
	}
	total := readBatchGradients(list)
	measured, err := call(l.norm, "measure gradients", list[1:])
	if err != nil {
		return 0, 0, err
	}
	if err := l.update(total, measured[0], schedule.LearningRate, number); err != nil {
		return 0, 0, err
	}
	runtime.GC() // see byLayer.step
	return toFloat(total.loss), toFloat(measured[0]), nil
}

// runBatch runs a batch through the network and back.
func (l *looped) runBatch(batch []int32, schedule Schedule) (batchGradients, error) {
	var g batchGradients
	tokens, targets := l.shift(batch)
	layers := weightsOf(slices.Concat(l.layers...))
	blend := schedule.blend()
	forward, err := call(l.forward, "run the layers", slices.Concat([]*tensors.Tensor{blend.lambda, blend.residual, tokens, l.embedding.weight}, layers))
	if err != nil {
		return g, err
	}
	x, stacks := forward[0], forward[1:]
	in := headInputs[*tensors.Tensor]{ends: ends[*tensors.Tensor]{l.embedding.weight, l.parameters.norm.weight, x}, targets: targets}
	outputs, err := call(l.head, "run the output layer", in.list(), x, targets)
	if err != nil {
		return g, err
	}
	head := readHeadOutputs(outputs)
	inputs := slices.Concat([]*tensors.Tensor{blend.lambda, blend.residual, head.gradients.x}, stacks)
	backward, err := call(l.backward, "run the layers backward", inputs, inputs...)
	if err != nil {
		return g, err
	}
	g.loss, g.norm, g.stacks = head.crossEntropy, head.gradients.norm, backward[1:]
	ofEmbedding := []*tensors.Tensor{head.gradients.embedding, tokens, backward[0]}
	embedding, err := call(l.embedBackward, "run the embedding backward", ofEmbedding, ofEmbedding...)
	if err != nil {
		return g, err
	}
	g.embedding = embedding[1]
	return g, free(embedding[0]) // its squares; the norm is measured over all gradients at once
}

// layersPerUpdate is the number of layers that one call updates: go-xla v0.4.1
// waits for each call, which for a layer takes longer than its update. It is the
// largest divisor of the layers up to 10, so that all calls are of one graph.
func layersPerUpdate(layers int) int {
	for count := min(10, layers); ; count-- {
		if layers%count == 0 {
			return count
		}
	}
}

// update changes weights and optimizer states.
func (l *looped) update(gradients batchGradients, norm *tensors.Tensor, learningRate float64, number int) error {
	first := 0
	for layers := range slices.Chunk(l.layers, layersPerUpdate(len(l.layers))) {
		in := updateInputs[*tensors.Tensor]{
			norm: norm, learningRate: fromFloat(learningRate), step: fromFloat(float64(number)),
			gradients: gradients.stacks, trained: trained(slices.Concat(layers...)),
		}
		inputs := append([]*tensors.Tensor{tensors.FromScalar(int32(first))}, in.list()...) //nolint:gosec // a layer's number
		if err := updateWith(l.updateLayers, inputs, slices.Concat(layers...), listTrained(in.trained)); err != nil {
			return err
		}
		first += len(layers)
	}
	ends := []*parameter{l.embedding, l.parameters.norm}
	in := updateInputs[*tensors.Tensor]{
		norm: norm, learningRate: fromFloat(learningRate), step: fromFloat(float64(number)),
		gradients: []*tensors.Tensor{gradients.embedding, gradients.norm}, trained: trained(ends),
	}
	freed := slices.Concat(listTrained(in.trained), in.gradients, gradients.stacks)
	return updateWith(l.updateEnds, in.list(), ends, freed)
}

// updateWith runs a graph that updates parameters, and keeps what it gives without
// waiting for it.
func updateWith(update *Exec, inputs []*tensors.Tensor, parameters []*parameter, freed []*tensors.Tensor) error {
	outputs, err := call(update, "update weights", inputs, freed...)
	if err != nil {
		return err
	}
	take(parameters, outputs[1:])
	return free(outputs[0]) // the norm, a few bytes
}
