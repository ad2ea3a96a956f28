package harness

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// stepByLayer runs a step layer by layer.
func (s *Session) stepByLayer(number int, tokens []int32, result *StepResult) error {
	pass := &pass{
		Session: s, lambda: tensors.FromScalar(float32(result.Lambda)),
		gradients: map[*parameter]*tensors.Tensor{},
	}
	pass.tokens, pass.targets = s.shift(tokens)
	for _, stage := range []func() error{pass.forward, pass.head, pass.backward} {
		if err := stage(); err != nil {
			return fmt.Errorf("run training step %d: %w", number, err)
		}
	}
	result.Loss, result.GradientNorm = pass.loss, math.Sqrt(pass.squares)
	if err := result.check(number); err != nil {
		return err
	}
	if err := pass.update(*result, number); err != nil {
		return fmt.Errorf("update weights in step %d: %w", number, err)
	}
	return nil
}

// pass is one batch on its way through the network and back.
type pass struct {
	*Session
	lambda          *tensors.Tensor
	tokens, targets *tensors.Tensor     // [batch, sequence], [rows]
	x               []*tensors.Tensor   // [rows, hidden] before each layer and after the last
	outputs         [][]*tensors.Tensor // of each layer's linear layers
	gradient        *tensors.Tensor     // [rows, hidden], of the loss with respect to the x at hand
	gradients       map[*parameter]*tensors.Tensor
	loss, squares   float64
}

// forward runs the layers.
func (p *pass) forward() error {
	outputs, err := p.graphs.embed.Call(p.embedding.weight, p.tokens)
	if err != nil {
		return fmt.Errorf("embed tokens: %w", err)
	}
	p.x = outputs
	for layer, parameters := range p.layers {
		outputs, err := p.graphs.forward.Call(append([]any{p.lambda, p.x[layer]}, weightsOf(parameters)...)...)
		if err != nil {
			return fmt.Errorf("run layer %d: %w", layer, err)
		}
		p.x, p.outputs = append(p.x, outputs[0]), append(p.outputs, outputs[1:])
	}
	return nil
}

// head computes the loss and its gradients, a chunk of rows at a time.
func (p *pass) head() error {
	last := p.x[len(p.x)-1]
	chunks, err := p.graphs.split.Call(p.donate(last), p.targets)
	if err != nil {
		return fmt.Errorf("split rows: %w", err)
	}
	var ofX []any
	for i, count := 0, len(chunks)/2; i < count; i++ {
		outputs, err := p.graphs.head.Call(p.embedding.weight, p.norm.weight, p.donate(chunks[i]), p.donate(chunks[count+i]))
		if err != nil {
			return fmt.Errorf("run output layer: %w", err)
		}
		p.loss += scalar(outputs[0])
		if err := p.accumulate(p.embedding, outputs[1]); err != nil {
			return err
		}
		if err := p.accumulate(p.norm, outputs[2]); err != nil {
			return err
		}
		ofX = append(ofX, p.donate(outputs[3]))
	}
	joined, err := p.graphs.join.Call(ofX...)
	if err != nil {
		return fmt.Errorf("join rows: %w", err)
	}
	p.gradient = joined[0]
	return nil
}

// accumulate adds to a parameter's gradient.
func (p *pass) accumulate(parameter *parameter, gradient *tensors.Tensor) error {
	before := p.gradients[parameter]
	if before == nil {
		p.gradients[parameter] = gradient
		return nil
	}
	sum, err := p.graphs.add.Call(p.donate(before), p.donate(gradient))
	if err != nil {
		return fmt.Errorf("add gradients of %s: %w", parameter.tensor.Name, err)
	}
	p.gradients[parameter] = sum[0]
	return nil
}

// backward runs the layers from last to first, then the embedding.
func (p *pass) backward() error {
	var squares []*tensors.Tensor
	for layer := len(p.layers) - 1; layer >= 0; layer-- {
		inputs := p.give([]any{p.lambda}, p.x[layer], append([]*tensors.Tensor{p.gradient}, p.outputs[layer]...)...)
		outputs, err := p.graphs.backward.Call(append(inputs, weightsOf(p.layers[layer])...)...)
		if err != nil {
			return fmt.Errorf("run layer %d backward: %w", layer, err)
		}
		squares, p.gradient = append(squares, outputs[0]), outputs[1]
		for i, parameter := range p.layers[layer] {
			p.gradients[parameter] = outputs[2+i]
		}
	}
	ofEmbedding, err := p.graphs.embedBackward.Call(p.donate(p.gradients[p.embedding]), p.tokens, p.donate(p.gradient))
	if err != nil {
		return fmt.Errorf("run embedding backward: %w", err)
	}
	p.gradients[p.embedding] = ofEmbedding[1]
	ofNorm, err := p.graphs.normSquares.Call(p.gradients[p.norm])
	if err != nil {
		return fmt.Errorf("measure gradients: %w", err)
	}
	for _, value := range append(squares, ofEmbedding[0], ofNorm[0]) {
		p.squares += scalar(value)
	}
	return nil
}

// update changes weights and optimizer states in place.
func (p *pass) update(result StepResult, number int) error {
	scalars := []any{float32(result.GradientNorm), float32(result.LearningRate), float32(number)}
	for _, parameters := range p.layers {
		if err := p.updateTensors(p.graphs.update, scalars, parameters); err != nil {
			return err
		}
	}
	return p.updateTensors(p.graphs.updateEnds, scalars, []*parameter{p.embedding, p.norm})
}

func (p *pass) updateTensors(update *graph.Exec, scalars []any, parameters []*parameter) error {
	inputs := append([]any(nil), scalars...)
	for _, parameter := range parameters {
		inputs = p.give(inputs, parameter.weight, append([]*tensors.Tensor{p.gradients[parameter]}, parameter.states...)...)
	}
	outputs, err := update.Call(inputs...)
	if err != nil {
		return err
	}
	for _, parameter := range parameters {
		outputs = parameter.take(outputs)
	}
	return nil
}
