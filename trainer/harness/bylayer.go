package harness

import (
	"math"
	"runtime"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// byLayer runs a step layer by layer. The graph of one layer serves all layers,
// which for 30 layers cuts the time to compile, and frees each layer's intermediate
// results early.
type byLayer struct {
	*network
	embed         *Exec // embedding, tokens → x
	forward       *Exec // layerInputs → layerOutputs
	split         *Exec // x, targets, perhaps the teacher's x → chunks of each
	head          *Exec // headInputs → headOutputs
	join          *Exec // chunks → x
	backward      *Exec // backwardInputs → backwardOutputs
	embedBackward *Exec // see builder.embedBackward
	add           *Exec // a, b → a + b
	squares       *Exec // gradient → sum of its squares
	updateLayer   *Exec // updateInputs → norm, weights and states
	updateEnds    *Exec // the same for embedding and final norm

	teach     *Exec // x, weights of a layer → the teacher's x after it
	layerLoss *Exec // x, teacher's x after a layer → gradient of x
}

func newByLayer(n *network, c *compiler) *byLayer {
	l := &byLayer{network: n}
	l.embed, l.embedBackward = c.exec(n.embed), c.exec(n.embedBackward)
	l.forward = c.exec(func(list []*Node) []*Node { return n.forward(readLayerInputs(list)).list() })
	l.backward = c.exec(func(list []*Node) []*Node {
		return n.backward(readBackwardInputs(len(n.layerTensors()), list)).list()
	})
	l.head = c.exec(func(list []*Node) []*Node { return n.head(readHeadInputs(list)).list() })
	l.split = c.exec(n.splitGraph)
	l.join = c.exec(func(chunks []*Node) []*Node { return []*Node{Concatenate(chunks, 0)} })
	l.add = c.exec(sum)
	l.squares = c.exec(func(gradient []*Node) []*Node { return []*Node{sumOfSquares(gradient)} })
	l.updateLayer, l.updateEnds = c.exec(n.updateGraph(n.layerTensors())), c.exec(n.updateGraph(n.config.EndTensors()))
	l.teach, l.layerLoss = c.exec(n.teachGraph), c.exec(n.layerLossGraph)
	return l
}

// splitGraph is x [rows, hidden], targets [rows] and perhaps the teacher's x → chunks
// of each.
func (b builder) splitGraph(inputs []*Node) []*Node {
	var chunks []*Node
	for _, input := range inputs {
		chunks = append(chunks, Split(input, 0, b.chunks())...)
	}
	return chunks
}

// step runs one.
func (l *byLayer) step(number int, tokens []int32, schedule Schedule) (loss, norm float64, err error) {
	p := &pass{byLayer: l, blend: schedule.blend(), gradients: map[*parameter]*tensors.Tensor{}}
	for _, batch := range l.batches(tokens) {
		p.tokens, p.targets = l.shift(batch)
		p.x, p.saved, p.ofLayers = nil, nil, nil
		for _, stage := range []func() error{p.runForward, p.learn, p.runHead, p.runBackward} {
			if err := stage(); err != nil {
				return 0, 0, err
			}
		}
	}
	if err := p.measure(); err != nil {
		return 0, 0, err
	}
	loss, norm = p.loss, math.Sqrt(p.squares)
	if err := p.update(norm, schedule.LearningRate, number); err != nil {
		return 0, 0, err
	}
	runtime.GC() // go-xla leaves some of its buffers to the collector, which doesn't know their size
	return loss, norm, nil
}

// pass is a batch on its way through the network and back. Where a step has
// several, they go one after another, and their gradients add up.
type pass struct {
	*byLayer
	blend           blend[*tensors.Tensor]
	tokens, targets *tensors.Tensor                 // [batch, sequence], [rows]
	x               []*tensors.Tensor               // [rows, hidden] before each layer and after the last
	saved           []layerOutputs[*tensors.Tensor] // of each layer
	gradient        *tensors.Tensor                 // [rows, hidden], of the loss with respect to the x at hand
	gradients       map[*parameter]*tensors.Tensor
	loss, squares   float64

	teacherX *tensors.Tensor   // [rows, hidden] after the teacher's last layer, with a teacher
	ofLayers []*tensors.Tensor // each layer's own gradient of the x after it, with a teacher
}

// runForward runs the layers.
func (p *pass) runForward() error {
	var err error
	if p.x, err = call(p.embed, "embed tokens", []*tensors.Tensor{p.embedding.weight, p.tokens}); err != nil {
		return err
	}
	for layer, parameters := range p.layers {
		in := layerInputs[*tensors.Tensor]{p.blend, p.x[layer], weightsOf(parameters)}
		outputs, err := call(p.forward, "run a layer", in.list())
		if err != nil {
			return err
		}
		out := readLayerOutputs(outputs)
		p.x, p.saved = append(p.x, out.x), append(p.saved, out)
	}
	return nil
}

// runHead computes the loss and its gradients, a chunk of rows at a time.
func (p *pass) runHead() error {
	whole := []*tensors.Tensor{p.x[len(p.x)-1], p.targets}
	if p.teacherX != nil {
		whole = append(whole, p.teacherX)
	}
	chunks, err := call(p.split, "split rows", whole, whole...)
	if err != nil {
		return err
	}
	var ofX []*tensors.Tensor
	for i, count := 0, p.chunks(); i < count; i++ {
		in := headInputs[*tensors.Tensor]{
			ends: ends[*tensors.Tensor]{p.embedding.weight, p.norm.weight, chunks[i]}, targets: chunks[count+i],
		}
		freed := []*tensors.Tensor{in.ends.x, in.targets}
		if p.teacherX != nil {
			in.teacher = &ends[*tensors.Tensor]{p.teacher.embedding, p.teacher.norm, chunks[2*count+i]}
			freed = append(freed, in.teacher.x)
		}
		outputs, err := call(p.head, "run the output layer", in.list(), freed...)
		if err != nil {
			return err
		}
		out := readHeadOutputs(outputs)
		p.loss += toFloat(out.crossEntropy)
		if err := p.accumulate(p.embedding, out.gradients.embedding); err != nil {
			return err
		}
		if err := p.accumulate(p.norm, out.gradients.norm); err != nil {
			return err
		}
		ofX = append(ofX, out.gradients.x)
	}
	joined, err := call(p.join, "join rows", ofX, ofX...)
	if err != nil {
		return err
	}
	p.gradient = joined[0]
	return nil
}

// accumulate adds to a parameter's gradient.
func (p *pass) accumulate(parameter *parameter, gradient *tensors.Tensor) error {
	if before := p.gradients[parameter]; before != nil {
		var err error
		if gradient, err = p.plus(before, gradient); err != nil {
			return err
		}
	}
	p.gradients[parameter] = gradient
	return nil
}

// plus is a sum whose parts are freed.
func (p *pass) plus(a, b *tensors.Tensor) (*tensors.Tensor, error) {
	sum, err := call(p.add, "add gradients", []*tensors.Tensor{a, b}, a, b)
	if err != nil {
		return nil, err
	}
	return sum[0], nil
}

// runBackward runs the layers from last to first, then the embedding.
func (p *pass) runBackward() error {
	for layer := len(p.layers) - 1; layer >= 0; layer-- {
		if err := p.layerBackward(layer); err != nil {
			return err
		}
	}
	inputs := []*tensors.Tensor{p.gradients[p.embedding], p.tokens, p.gradient}
	outputs, err := call(p.embedBackward, "run the embedding backward", inputs, inputs...)
	if err != nil {
		return err
	}
	p.squares += toFloat(outputs[0])
	p.gradients[p.embedding] = outputs[1]
	return nil
}

func (p *pass) layerBackward(layer int) error {
	if p.ofLayers != nil { // the layer's own gradient comes to that from above
		var err error
		if p.gradient, err = p.plus(p.gradient, p.ofLayers[layer]); err != nil {
			return err
		}
	}
	forward := p.saved[layer]
	in := backwardInputs[*tensors.Tensor]{p.blend, p.gradient, saved[*tensors.Tensor]{
		p.x[layer], forward.attended, forward.linear, weightsOf(p.layers[layer]),
	}}
	outputs, err := call(p.backward, "run a layer backward", in.list(), slices.Concat([]*tensors.Tensor{in.gradient, in.x, in.attended}, in.linear)...)
	if err != nil {
		return err
	}
	out := readBackwardOutputs(outputs)
	p.squares += toFloat(out.squares)
	p.gradient = out.x
	for i, parameter := range p.layers[layer] {
		if err := p.accumulate(parameter, out.weights[i]); err != nil {
			return err
		}
	}
	return nil
}

// measure completes the sum of the squares of all gradients. What the backward
// passes measured lacks the final norm, and holds for a single batch only.
func (p *pass) measure() error {
	left := []*parameter{p.norm}
	if p.training.AccumulatedBatches() > 1 {
		p.squares, left = 0, p.all()
	}
	for _, parameter := range left {
		squares, err := call(p.byLayer.squares, "measure gradients", []*tensors.Tensor{p.gradients[parameter]})
		if err != nil {
			return err
		}
		p.squares += toFloat(squares[0])
	}
	return nil
}

// update changes weights and optimizer states.
func (p *pass) update(norm, learningRate float64, number int) error {
	for _, parameters := range p.layers {
		if err := p.updateTensors(p.updateLayer, norm, learningRate, number, parameters); err != nil {
			return err
		}
	}
	return p.updateTensors(p.updateEnds, norm, learningRate, number, []*parameter{p.embedding, p.norm})
}

func (p *pass) updateTensors(update *Exec, norm, learningRate float64, number int, parameters []*parameter) error {
	in := updateInputs[*tensors.Tensor]{
		norm: fromFloat(norm), learningRate: fromFloat(learningRate), step: fromFloat(float64(number)), trained: trained(parameters),
	}
	for _, parameter := range parameters {
		in.gradients = append(in.gradients, p.gradients[parameter])
	}
	outputs, err := call(update, "update weights", in.list(), append(listTrained(in.trained), in.gradients...)...)
	if err != nil {
		return err
	}
	toFloat(outputs[0]) // waits, or the updates of all layers would hold memory at once
	take(parameters, outputs[1:])
	return nil
}
