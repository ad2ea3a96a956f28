package harness

import (
	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/llama"
)

// builder makes the graphs of one training of one model that several ways of
// running a step share.
type builder struct {
	config   llama.Config
	training Training
	size     int // sequences of a batch
	length   int // tokens of a sequence
	logits   int // most rows whose logits are held at once
}

func newBuilder(backend compute.Backend, config llama.Config, training Training) builder {
	b := builder{config: config, training: training}
	b.size, b.length = training.Batch()
	b.logits = 256 // SmolLM's logits take 196 KB a row
	if onGPU(backend) {
		b.logits = 4096 // larger products, fewer turns
	}
	return b
}

func (b builder) rows() int { return b.size * b.length }

// embed is embedding [vocab, hidden], tokens [batch, seq] → x [rows, hidden].
func (b builder) embed(inputs []*Node) []*Node {
	return []*Node{b.config.Embed(inputs[0], inputs[1])}
}

// forward is a layer's forward pass.
func (b builder) forward(in layerInputs[*Node]) layerOutputs[*Node] {
	weights := named(b.layerTensors(), in.weights)
	attend, linear := b.config.Attention(b.size, b.length), b.student(in.blend, weights)
	var out layerOutputs[*Node]
	out.x = b.config.BlockAround(func(query, key, value *Node) *Node {
		out.attended = attend(query, key, value)
		return out.attended
	}, weights, func(name string, x, weight *Node) *Node {
		y := linear(name, x, weight)
		out.linear = append(out.linear, y)
		return y
	}, in.x)
	return out
}

// chunkRows is the number of rows whose logits are held at once: the largest
// divisor of the batch's rows up to the limit.
func (b builder) chunkRows() int {
	for rows := min(b.logits, b.rows()); ; rows-- {
		if b.rows()%rows == 0 {
			return rows
		}
	}
}

func (b builder) chunks() int { return b.rows() / b.chunkRows() }

// head is the output layer and its backward pass, for a chunk of rows.
func (b builder) head(in headInputs[*Node]) headOutputs[*Node] {
	student := in.ends
	logits := b.config.Head(student.embedding, student.norm, student.x) // [chunk, vocab]
	var teacher *Node
	if in.teacher != nil {
		teacher = b.config.Head(in.teacher.embedding, in.teacher.norm, in.teacher.x) // [chunk, vocab]
	}
	minimized, crossEntropy := b.training.Losses(logits, teacher, in.targets) // [chunk]
	share := func(losses *Node) *Node {
		return MulScalar(ReduceAllSum(losses), 1/float64(b.rows()*b.training.AccumulatedBatches()))
	}
	gradients := Gradient(share(minimized), student.embedding, student.norm, student.x)
	return headOutputs[*Node]{share(crossEntropy), ends[*Node]{gradients[0], gradients[1], gradients[2]}}
}

// embedBackward is the embedding's gradient as the output layer [vocab, hidden],
// tokens [batch, seq] and the gradient of x before the first layer [rows, hidden]
// → the sum of its squares [], and the embedding's whole gradient.
func (b builder) embedBackward(inputs []*Node) []*Node {
	gradient, tokens, x := inputs[0], inputs[1], inputs[2]
	gradient = ScatterAdd(gradient, Reshape(tokens, b.rows(), 1), x, false, false)
	return []*Node{ReduceAllSum(Square(gradient)), gradient}
}

// update is the optimizer's step for tensors: weight and states of each after it.
func (b builder) update(of []llama.Tensor, in updateInputs[*Node]) []*Node {
	var updated []*Node
	for i, tensor := range of {
		before := in.trained[i]
		weight, states := b.training.Update(tensor, before.weight, in.gradients[i], before.states, in.norm, in.learningRate, in.step)
		updated = append(append(updated, weight), states...)
	}
	return updated
}

// updateGraph is the graph of [builder.update]. Before what that gives stands the
// norm, as something small to wait for.
func (b builder) updateGraph(of []llama.Tensor) func([]*Node) []*Node {
	return func(list []*Node) []*Node {
		in := readUpdateInputs(b.states(of), list)
		return append([]*Node{MulScalar(in.norm, 1)}, b.update(of, in)...)
	}
}

// states are how many tensors the optimizer keeps for each.
func (b builder) states(of []llama.Tensor) []int {
	counts := make([]int, len(of))
	for i, tensor := range of {
		counts[i] = b.training.OptimizerStates(tensor)
	}
	return counts
}

// sum adds two lists, one behind the other, item by item.
func sum(inputs []*Node) []*Node {
	var sums []*Node
	for i, count := 0, len(inputs)/2; i < count; i++ {
		sums = append(sums, Add(inputs[i], inputs[count+i]))
	}
	return sums
}

// sumOfSquares [] of all tensors.
func sumOfSquares(tensors []*Node) *Node {
	total := ScalarZero(tensors[0].Graph(), tensors[0].DType())
	for _, tensor := range tensors {
		total = Add(total, ReduceAllSum(Square(tensor)))
	}
	return total
}
