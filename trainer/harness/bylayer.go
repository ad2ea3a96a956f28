package harness

import (
	"math"
	"runtime"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// stepByLayer runs a step layer by layer.
func (s *Session) stepByLayer(number int, tokens []int32, result *StepResult) error {
	pass := &pass{
		Session: s, lambda: tensors.FromScalar(float32(result.Lambda)), residual: tensors.FromScalar(float32(result.Residual)),
		gradients: map[*parameter]*tensors.Tensor{},
	}
	for batch := range slices.Chunk(tokens, len(tokens)/s.training.AccumulatedBatches()) {
		pass.tokens, pass.targets = s.shift(batch)
		pass.x, pass.outputs, pass.ofLayers = nil, nil, nil
		for _, stage := range []func() error{pass.forward, pass.learn, pass.head, pass.backward} {
			if err := stage(); err != nil {
				return err
			}
		}
	}
	if err := pass.measure(); err != nil {
		return err
	}
	result.Loss, result.GradientNorm = pass.loss, math.Sqrt(pass.squares)
	if err := result.check(); err != nil {
		return err
	}
	if err := pass.update(*result, number); err != nil {
		return err
	}
	runtime.GC() // go-xla leaves some of its buffers to the collector, which doesn't know their size
	return nil
}

// pass is a batch on its way through the network and back. Where a step has
// several, they go one after another, and their gradients add up.
type pass struct {
	*Session
	lambda, residual *tensors.Tensor
	tokens, targets  *tensors.Tensor     // [batch, sequence], [rows]
	x                []*tensors.Tensor   // [rows, hidden] before each layer and after the last
	outputs          [][]*tensors.Tensor // of each layer's linear layers
	gradient         *tensors.Tensor     // [rows, hidden], of the loss with respect to the x at hand
	gradients        map[*parameter]*tensors.Tensor
	loss, squares    float64

	teacherX *tensors.Tensor   // [rows, hidden] after the teacher's last layer, with a teacher
	ofLayers []*tensors.Tensor // each layer's own gradient of the x after it, with a teacher
}

// forward runs the layers.
func (p *pass) forward() error {
	var err error
	if p.x, err = new(inputs).keep(p.embedding.weight, p.tokens).call(p.graphs.embed, "embed tokens"); err != nil {
		return err
	}
	for layer, parameters := range p.layers {
		outputs, err := new(inputs).keep(p.lambda, p.residual, p.x[layer]).keep(weightsOf(parameters)...).call(p.graphs.forward, "run a layer")
		if err != nil {
			return err
		}
		p.x, p.outputs = append(p.x, outputs[0]), append(p.outputs, outputs[1:])
	}
	return nil
}

// head computes the loss and its gradients, a chunk of rows at a time.
func (p *pass) head() error {
	all := new(inputs).consume(p.x[len(p.x)-1], p.targets)
	if p.teacherX != nil {
		all.consume(p.teacherX)
	}
	chunks, err := all.call(p.graphs.split, "split rows")
	if err != nil {
		return err
	}
	ofX := new(inputs)
	for i, count := 0, len(chunks)/len(all.values); i < count; i++ {
		in := new(inputs).keep(p.embedding.weight, p.norm.weight).consume(chunks[i], chunks[count+i])
		if p.teacherX != nil {
			in.keep(p.teacher.embedding, p.teacher.norm).consume(chunks[2*count+i])
		}
		outputs, err := in.call(p.graphs.head, "run the output layer")
		if err != nil {
			return err
		}
		p.loss += scalar(outputs[0])
		if err := p.accumulate(p.embedding, outputs[1]); err != nil {
			return err
		}
		if err := p.accumulate(p.norm, outputs[2]); err != nil {
			return err
		}
		ofX.consume(outputs[3])
	}
	joined, err := ofX.call(p.graphs.join, "join rows")
	if err != nil {
		return err
	}
	p.gradient = joined[0]
	return nil
}

// accumulate adds to a parameter's gradient.
func (p *pass) accumulate(parameter *parameter, gradient *tensors.Tensor) error {
	if before := p.gradients[parameter]; before != nil {
		sum, err := new(inputs).consume(before, gradient).call(p.graphs.add, "add gradients")
		if err != nil {
			return err
		}
		gradient = sum[0]
	}
	p.gradients[parameter] = gradient
	return nil
}

// backward runs the layers from last to first, then the embedding.
func (p *pass) backward() error {
	for layer := len(p.layers) - 1; layer >= 0; layer-- {
		if err := p.addOwn(layer); err != nil {
			return err
		}
		outputs, err := new(inputs).keep(p.lambda, p.residual).consume(p.x[layer], p.gradient).consume(p.outputs[layer]...).
			keep(weightsOf(p.layers[layer])...).call(p.graphs.backward, "run a layer backward")
		if err != nil {
			return err
		}
		p.squares += scalar(outputs[0])
		p.gradient = outputs[1]
		for i, parameter := range p.layers[layer] {
			if err := p.accumulate(parameter, outputs[2+i]); err != nil {
				return err
			}
		}
	}
	ofEmbedding, err := new(inputs).consume(p.gradients[p.embedding], p.tokens, p.gradient).
		call(p.graphs.embedBackward, "run the embedding backward")
	if err != nil {
		return err
	}
	p.gradients[p.embedding] = ofEmbedding[1]
	p.squares += scalar(ofEmbedding[0])
	return nil
}

// measure completes the sum of the squares of all gradients. What the backward
// passes measured lacks the final norm, and holds for a single batch only.
func (p *pass) measure() error {
	left := []*parameter{p.norm}
	if p.training.AccumulatedBatches() > 1 {
		p.squares, left = 0, p.parameters()
	}
	for _, parameter := range left {
		squares, err := new(inputs).keep(p.gradients[parameter]).call(p.graphs.squares, "measure gradients")
		if err != nil {
			return err
		}
		p.squares += scalar(squares[0])
	}
	return nil
}

// addOwn adds a layer's own gradient, if it has one, to that from above.
func (p *pass) addOwn(layer int) error {
	if p.ofLayers == nil {
		return nil
	}
	sum, err := new(inputs).consume(p.gradient, p.ofLayers[layer]).call(p.graphs.add, "add gradients")
	if err != nil {
		return err
	}
	p.gradient = sum[0]
	return nil
}

// update changes weights and optimizer states.
func (p *pass) update(result StepResult, number int) error {
	for _, parameters := range p.layers {
		if err := p.updateTensors(p.graphs.update, result, number, parameters); err != nil {
			return err
		}
	}
	return p.updateTensors(p.graphs.updateEnds, result, number, []*parameter{p.embedding, p.norm})
}

func (p *pass) updateTensors(update *graph.Exec, result StepResult, number int, parameters []*parameter) error {
	in := new(inputs).scalars(result.GradientNorm, result.LearningRate, float64(number))
	for _, parameter := range parameters {
		in.consume(parameter.weight, p.gradients[parameter]).consume(parameter.states...)
	}
	outputs, err := in.call(update, "update weights")
	if err != nil {
		return err
	}
	scalar(outputs[0]) // waits, or the updates of all layers would hold memory at once
	outputs = outputs[1:]
	for _, parameter := range parameters {
		outputs = parameter.take(outputs)
	}
	return nil
}
