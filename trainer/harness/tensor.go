package harness

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// inputs collects what a graph is called with.
type inputs struct {
	values   []any
	consumed []*tensors.Tensor
}

// scalars adds numbers.
func (in *inputs) scalars(values ...float64) *inputs {
	for _, value := range values {
		in.values = append(in.values, float32(value))
	}
	return in
}

// number adds a whole number.
func (in *inputs) number(value int) *inputs {
	in.values = append(in.values, int32(value))
	return in
}

// keep adds tensors that are needed afterwards.
func (in *inputs) keep(values ...*tensors.Tensor) *inputs {
	for _, value := range values {
		in.values = append(in.values, value)
	}
	return in
}

// consume adds tensors that are freed after the call. Without that they would
// wait for Go's garbage collector, which doesn't see the backend's memory: a
// training of SmolLM grew by a gigabyte a step. (Donating them doesn't help:
// go-xla v0.4.1 compiles no input as an alias of an output.)
func (in *inputs) consume(values ...*tensors.Tensor) *inputs {
	in.consumed = append(in.consumed, values...)
	return in.keep(values...)
}

// free names tensors that are freed after the call without being its inputs.
func (in *inputs) free(values ...*tensors.Tensor) *inputs {
	in.consumed = append(in.consumed, values...)
	return in
}

// update runs a graph that updates parameters, and keeps what it gives without
// waiting for it.
func (in *inputs) update(exec *graph.Exec, parameters []*parameter) error {
	outputs, err := in.call(exec, "update weights")
	if err != nil {
		return err
	}
	_ = outputs[0].FinalizeAll() // the norm, a few bytes
	outputs = outputs[1:]
	for _, p := range parameters {
		outputs = p.take(outputs)
	}
	return nil
}

// call runs a graph; what names it in errors.
func (in *inputs) call(exec *graph.Exec, what string) ([]*tensors.Tensor, error) {
	outputs, err := exec.Call(in.values...)
	for _, value := range in.consumed {
		err = errors.Join(err, value.FinalizeAll())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return outputs, nil
}

// take replaces weight and states by a graph's first outputs and returns the
// rest.
func (p *parameter) take(outputs []*tensors.Tensor) (rest []*tensors.Tensor) {
	p.weight, outputs = outputs[0], outputs[1:]
	copy(p.states, outputs)
	return outputs[len(p.states):]
}

// weightsOf are a layer's weights.
func weightsOf(parameters []*parameter) []*tensors.Tensor {
	weights := make([]*tensors.Tensor, len(parameters))
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
