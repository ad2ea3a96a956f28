package harness

import (
	"errors"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/llama"
)

// graphs are a training step in one piece and in several. Each is compiled at its
// first use and called
// from Go. The graph of one layer serves all layers, which for 30 layers cuts
// the time to compile, and frees each layer's intermediate results early.
type graphs struct {
	whole     *Exec // a whole step, for small models; see whole.go
	gradients *Exec // lambda, tokens, targets, weights → loss, gradients
	sum       *Exec // two lists → their sums
	apply     *Exec // learning rate, step, gradients, then weight and states of each tensor → norm, weights and states

	embed         *Exec // embedding, tokens → x
	forward       *Exec // lambda, residual, x, weights of a layer → x after it, outputs of attention and linear layers
	split         *Exec // x, targets, teacher's x → chunks of each
	head          *Exec // embedding, norm, chunk of x, of targets; teacher's → cross-entropy, gradients of the first three
	add           *Exec // a, b → a + b
	join          *Exec // chunks → x
	backward      *Exec // lambda, residual, x, gradient after the layer, outputs, weights → squares, gradient of x, of the weights
	embedBackward *Exec // gradient of the embedding, tokens, gradient of x → squares, gradient of the embedding
	squares       *Exec // gradient → sum of its squares
	update        *Exec // norm, learning rate, step, then weight, gradient, states of a layer's tensors → norm, weights and states
	updateEnds    *Exec // the same for embedding and final norm
	quantize      *Exec // weight, companions → codes, scales, bias
	observe       *Exec // lambda, residual, x, weights of a layer → x after it, largest inputs of its linear layers

	teach     *Exec // x, weights of a layer → the teacher's x after it
	layerLoss *Exec // x, teacher's x after a layer → gradient of x

	loopForward  *Exec // see looped.go for these
	loopHead     *Exec
	loopBackward *Exec
	loopUpdate   *Exec
	norm         *Exec
}

// builder makes the graphs of one training of one model.
type builder struct {
	config   llama.Config
	training Training
	size     int // sequences of a batch
	length   int // tokens of a sequence
	logits   int // most rows whose logits are held at once
}

func newGraphs(backend compute.Backend, config llama.Config, training Training) (graphs, error) {
	b := builder{config: config, training: training}
	b.size, b.length = training.Batch()
	b.logits = 256 // SmolLM's logits take 196 KB a row
	if onGPU(backend) {
		b.logits = 4096 // larger products, fewer turns
	}
	var g graphs
	var failures []error
	for target, graph := range map[**Exec]func([]*Node) []*Node{
		&g.whole: b.whole, &g.gradients: b.gradients, &g.sum: sum, &g.apply: b.apply, &g.embed: b.embed, &g.forward: b.forward, &g.split: b.split, &g.head: b.head, &g.add: add,
		&g.join: join, &g.backward: b.backward, &g.embedBackward: b.embedBackward, &g.squares: squares,
		&g.update: b.update(b.layerTensors()), &g.updateEnds: b.update(config.EndTensors()),
		&g.quantize: b.quantize, &g.observe: b.observe, &g.teach: b.teach, &g.layerLoss: b.layerLoss,
		&g.loopForward: b.loopForward, &g.loopHead: b.loopHead, &g.loopBackward: b.loopBackward,
		&g.loopUpdate: b.loopUpdate, &g.norm: norm,
	} {
		exec, err := NewExec(backend, graph)
		*target, failures = exec, append(failures, err)
	}
	return g, errors.Join(failures...)
}

func (b builder) rows() int { return b.size * b.length }

// embed is embedding [vocab, hidden], tokens [batch, seq] → x [rows, hidden].
func (b builder) embed(inputs []*Node) []*Node {
	return []*Node{b.config.Embed(inputs[0], inputs[1])}
}

// forward is lambda, residual, x [rows, hidden] and a layer's weights → x after
// the layer and, for the backward pass, what its attention and its linear layers
// gave.
func (b builder) forward(inputs []*Node) []*Node {
	lambda, residual, x, weights := inputs[0], inputs[1], inputs[2], named(b.layerTensors(), inputs[3:])
	attend, linear := b.config.Attention(b.size, b.length), b.student(lambda, residual, weights)
	var attended *Node
	var outputs []*Node
	x = b.config.BlockAround(func(query, key, value *Node) *Node {
		attended = attend(query, key, value)
		return attended
	}, weights, func(name string, x, weight *Node) *Node {
		y := linear(name, x, weight)
		outputs = append(outputs, y)
		return y
	}, x)
	return append([]*Node{x, attended}, outputs...)
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

// split is x [rows, hidden], targets [rows] and perhaps the teacher's x → chunks
// of each.
func (b builder) split(inputs []*Node) []*Node {
	var chunks []*Node
	for _, input := range inputs {
		chunks = append(chunks, Split(input, 0, b.chunks())...)
	}
	return chunks
}

// head is embedding, final norm, x [chunk, hidden], targets [chunk] and perhaps
// the teacher's embedding, norm and x → the chunk's share of the step's mean
// cross-entropy [] and the loss's gradients of the first three.
func (b builder) head(inputs []*Node) []*Node {
	embedding, norm, x, targets := inputs[0], inputs[1], inputs[2], inputs[3]
	logits := b.config.Head(embedding, norm, x) // [chunk, vocab]
	var teacher *Node
	if b.training.Distills() {
		teacher = b.config.Head(inputs[4], inputs[5], inputs[6]) // [chunk, vocab]
	}
	minimized, crossEntropy := b.training.Losses(logits, teacher, targets) // [chunk]
	share := func(losses *Node) *Node {
		return MulScalar(ReduceAllSum(losses), 1/float64(b.rows()*b.training.AccumulatedBatches()))
	}
	return append([]*Node{share(crossEntropy)}, Gradient(share(minimized), embedding, norm, x)...)
}

// embedBackward adds the embedding's gradient as the input layer to that as the
// output layer.
func (b builder) embedBackward(inputs []*Node) []*Node {
	gradient, tokens, x := inputs[0], inputs[1], inputs[2]
	gradient = ScatterAdd(gradient, Reshape(tokens, b.rows(), 1), x, false, false)
	return []*Node{ReduceAllSum(Square(gradient)), gradient}
}

// update is norm, learning rate, step and then weight, gradient and optimizer
// states of each tensor → the norm, as something small to wait for, and weight
// and states of each after the step.
func (b builder) update(of []llama.Tensor) func([]*Node) []*Node {
	return func(inputs []*Node) []*Node {
		norm, learningRate, step, rest := inputs[0], inputs[1], inputs[2], inputs[3:]
		outputs := []*Node{MulScalar(norm, 1)}
		for _, tensor := range of {
			states := b.training.OptimizerStates(tensor)
			weight, newStates := b.training.Update(tensor, rest[0], rest[1], rest[2:2+states], norm, learningRate, step)
			outputs = append(append(outputs, weight), newStates...)
			rest = rest[2+states:]
		}
		return outputs
	}
}

// quantize is a weight and its companions → codes, scales and, if the training
// has one, bias.
func (b builder) quantize(inputs []*Node) []*Node {
	quantized := b.training.Quantize(inputs[0], inputs[1:])
	outputs := []*Node{quantized.Codes, quantized.Scales}
	if quantized.Bias != nil {
		outputs = append(outputs, quantized.Bias)
	}
	return outputs
}

func add(inputs []*Node) []*Node { return []*Node{Add(inputs[0], inputs[1])} }

func join(inputs []*Node) []*Node { return []*Node{Concatenate(inputs, 0)} }

func squares(inputs []*Node) []*Node { return []*Node{ReduceAllSum(Square(inputs[0]))} }
