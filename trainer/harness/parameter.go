package harness

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// parameter is one tensor in training: one of the model's, or a companion.
type parameter struct {
	tensor     llama.Tensor
	weight     *tensors.Tensor
	states     []*tensors.Tensor
	companions []*parameter
	companion  bool
}

// parameters are all tensors in training.
type parameters struct {
	embedding *parameter
	layers    [][]*parameter // of each layer, weights followed by their companions
	norm      *parameter
}

// all lists them in the order of the forward pass.
func (p parameters) all() []*parameter {
	return slices.Concat([]*parameter{p.embedding}, slices.Concat(p.layers...), []*parameter{p.norm})
}

// loadParameters puts a model's weights, their companions and their optimizer
// states on the backend.
func (s *Session) loadParameters(start checkpoint.Model) (parameters, error) {
	var p parameters
	var err error
	ends := start.Config.EndTensors()
	if p.embedding, err = s.load(ends[0], start); err != nil {
		return p, err
	}
	for layer := range start.Config.NumHiddenLayers {
		loaded, err := s.loadLayer(layer, start)
		if err != nil {
			return p, err
		}
		p.layers = append(p.layers, loaded)
	}
	p.norm, err = s.load(ends[1], start)
	return p, err
}

// loadLayer puts a layer's weights and their companions on the backend.
func (s *Session) loadLayer(layer int, start checkpoint.Model) ([]*parameter, error) {
	var loaded []*parameter
	for _, tensor := range start.Config.LayerTensors() {
		tensor.Name = llama.LayerName(layer, tensor.Name)
		weight, err := s.load(tensor, start)
		if err != nil {
			return nil, err
		}
		if tensor.Linear {
			if err := s.startCompanions(weight); err != nil {
				return nil, fmt.Errorf("prepare %s: %w", tensor.Name, err)
			}
		}
		loaded = append(append(loaded, weight), weight.companions...)
	}
	return loaded, nil
}

// load puts one of the model's tensors on the backend.
func (s *Session) load(tensor llama.Tensor, start checkpoint.Model) (*parameter, error) {
	weight, err := s.onBackend(start.Weights[tensor.Name], tensor.Shape)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", tensor.Name, err)
	}
	defer s.collect()
	return s.newParameter(tensor, weight)
}

// newParameter adds optimizer states to a weight.
func (s *Session) newParameter(tensor llama.Tensor, weight *tensors.Tensor) (*parameter, error) {
	p := &parameter{tensor: tensor, weight: weight}
	for range s.training.OptimizerStates(tensor) {
		zeros, err := s.onBackend(make([]float32, tensor.Size()), tensor.Shape)
		if err != nil {
			return nil, fmt.Errorf("prepare optimizer of %s: %w", tensor.Name, err)
		}
		p.states = append(p.states, zeros)
	}
	return p, nil
}

// startCompanions gives a weight its companions with their first values.
func (s *Session) startCompanions(p *parameter) error {
	for _, companion := range s.training.Companions(p.tensor) {
		value, err := graph.CallOnce(s.backend, companion.Start, p.weight)
		if err != nil {
			return err
		}
		added, err := s.newParameter(llama.Tensor{Name: p.tensor.Name + companion.Name, Shape: companion.Shape}, value)
		if err != nil {
			return err
		}
		added.companion = true
		p.companions = append(p.companions, added)
	}
	return nil
}

// onBackend copies values to the backend, and only there.
func (s *Session) onBackend(values []float32, shape []int) (*tensors.Tensor, error) {
	t := tensors.FromFlatDataAndDimensions(values, shape...)
	return t, t.ToDevice(s.backend, 0)
}

// values copies the weight from the backend.
func (p *parameter) values() ([]float32, error) {
	values, err := tensors.CopyFlatData[float32](p.weight)
	if err != nil {
		return nil, fmt.Errorf("read weight %s: %w", p.tensor.Name, err)
	}
	if !p.weight.IsShared() {
		p.weight.FinalizeLocal() // the tensor's own copy beside the one returned
	}
	return values, nil
}

// trained are weights with their optimizer states.
func trained(parameters []*parameter) []weightAndStates[*tensors.Tensor] {
	all := make([]weightAndStates[*tensors.Tensor], len(parameters))
	for i, p := range parameters {
		all[i] = weightAndStates[*tensors.Tensor]{p.weight, p.states}
	}
	return all
}

// take replaces weights and states by a graph's outputs, in their order.
func take(parameters []*parameter, outputs []*tensors.Tensor) {
	for _, p := range parameters {
		p.weight, outputs = outputs[0], outputs[1:]
		outputs = outputs[copy(p.states, outputs):]
	}
}

// weightsOf are the parameters' weights.
func weightsOf(parameters []*parameter) []*tensors.Tensor {
	weights := make([]*tensors.Tensor, len(parameters))
	for i, p := range parameters {
		weights[i] = p.weight
	}
	return weights
}
