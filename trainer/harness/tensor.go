package harness

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// donate gives a tensor's memory to the graph that it is an input of; it can't
// be used afterwards. A tensor that can't be given is passed on as it is.
func (s *Session) donate(t *tensors.Tensor) any {
	donated, err := graph.DonateTensorBuffer(t, s.backend, 0)
	if err != nil {
		return t
	}
	return donated
}

// give appends tensors to a graph's inputs and donates them.
func (s *Session) give(inputs []any, first *tensors.Tensor, more ...*tensors.Tensor) []any {
	inputs = append(inputs, s.donate(first))
	for _, t := range more {
		inputs = append(inputs, s.donate(t))
	}
	return inputs
}

// take replaces weight and states by a graph's first outputs and returns the
// rest.
func (p *parameter) take(outputs []*tensors.Tensor) (rest []*tensors.Tensor) {
	p.weight, outputs = outputs[0], outputs[1:]
	copy(p.states, outputs)
	return outputs[len(p.states):]
}

// weightsOf are the inputs of a graph that reads a layer.
func weightsOf(parameters []*parameter) []any {
	weights := make([]any, len(parameters))
	for i, p := range parameters {
		weights[i] = p.weight
	}
	return weights
}

// scalar reads a float32 and frees it.
func scalar(t *tensors.Tensor) float64 {
	value := float64(tensors.ToScalar[float32](t))
	_ = t.FinalizeAll() // a few bytes, which the garbage collector would find as well
	return value
}
