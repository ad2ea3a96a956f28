package harness

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// call runs a graph; what names it in errors. Some tensors are freed afterwards.
// Without that they would wait for Go's garbage collector, which doesn't see the
// backend's memory: a training of SmolLM grew by a gigabyte a step. (Donating them
// doesn't help: go-xla v0.4.1 compiles no input as an alias of an output.)
func call(exec *graph.Exec, what string, inputs []*tensors.Tensor, freed ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	arguments := make([]any, len(inputs))
	for i, input := range inputs {
		arguments[i] = input
	}
	outputs, err := exec.Call(arguments...)
	if err = errors.Join(err, free(freed...)); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return outputs, nil
}

// free gives tensors' memory back.
func free(all ...*tensors.Tensor) error {
	var err error
	for _, tensor := range all {
		err = errors.Join(err, tensor.FinalizeAll())
	}
	return err
}

// fromFloat is a number as a tensor.
func fromFloat(value float64) *tensors.Tensor { return tensors.FromScalar(float32(value)) }

// toFloat reads a float32 and frees it.
func toFloat(t *tensors.Tensor) float64 {
	value := float64(tensors.ToScalar[float32](t))
	_ = t.FinalizeAll() // a few bytes, which the garbage collector would find as well
	return value
}

// blend is the schedule's part of a forward pass.
func (s Schedule) blend() blend[*tensors.Tensor] {
	return blend[*tensors.Tensor]{fromFloat(s.Lambda), fromFloat(s.Residual)}
}
