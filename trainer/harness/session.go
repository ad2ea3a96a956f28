package harness

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Session is a model in training: its weights and optimizer states live on the
// backend, and the graphs that change and read them are compiled once.
type Session struct {
	// ByLayer compiles and runs the graph of one layer instead of that of a whole
	// step. NewSession sets it for models of more than 5 million parameters: a
	// small model compiles at once anyway, and in one graph nothing of the
	// forward pass is computed twice.
	ByLayer bool

	config    llama.Config
	training  Training
	backend   compute.Backend
	graphs    graphs
	embedding *parameter
	layers    [][]*parameter // of each layer, in the order of LayerTensors
	norm      *parameter
}

// parameter is one tensor of the model in training.
type parameter struct {
	tensor llama.Tensor
	weight *tensors.Tensor
	states []*tensors.Tensor
}

// NewSession puts a model's weights on the backend.
func NewSession(backend compute.Backend, start checkpoint.Model, training Training) (*Session, error) {
	s := &Session{config: start.Config, training: training, backend: backend}
	s.ByLayer = TrainsByLayer(start.Config)
	var err error
	if s.graphs, err = newGraphs(backend, start.Config, training); err != nil {
		return nil, fmt.Errorf("prepare training: %w", err)
	}
	byName := map[string]*parameter{}
	for _, tensor := range start.Config.Tensors() {
		if byName[tensor.Name], err = s.newParameter(tensor, start.Weights[tensor.Name]); err != nil {
			return nil, fmt.Errorf("load %s: %w", tensor.Name, err)
		}
		s.collect()
	}
	s.embedding, s.norm = byName[llama.Embedding], byName[llama.FinalNorm]
	for layer := range start.Config.NumHiddenLayers {
		var parameters []*parameter
		for _, tensor := range start.Config.LayerTensors() {
			parameters = append(parameters, byName[llama.LayerName(layer, tensor.Name)])
		}
		s.layers = append(s.layers, parameters)
	}
	return s, nil
}

func (s *Session) newParameter(tensor llama.Tensor, values []float32) (*parameter, error) {
	p := &parameter{tensor: tensor}
	var err error
	if p.weight, err = s.onBackend(values, tensor.Shape); err != nil {
		return nil, err
	}
	for range s.training.OptimizerStates() {
		zeros, err := s.onBackend(make([]float32, tensor.Size()), tensor.Shape)
		if err != nil {
			return nil, err
		}
		p.states = append(p.states, zeros)
	}
	return p, nil
}

// onBackend copies values to the backend, and only there.
func (s *Session) onBackend(values []float32, shape []int) (*tensors.Tensor, error) {
	t := tensors.FromFlatDataAndDimensions(values, shape...)
	return t, t.ToDevice(s.backend, 0)
}

// parameters lists all tensors of the model in the order of the forward pass.
func (s *Session) parameters() []*parameter {
	all := []*parameter{s.embedding}
	for _, layer := range s.layers {
		all = append(all, layer...)
	}
	return append(all, s.norm)
}

// Model copies the weights as they are now.
func (s *Session) Model() (checkpoint.Model, error) {
	current := checkpoint.Model{Config: s.config, Weights: map[string][]float32{}}
	for _, p := range s.parameters() {
		values, err := p.values()
		if err != nil {
			return checkpoint.Model{}, err
		}
		current.Weights[p.tensor.Name] = values
	}
	return current, nil
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

// collect frees at once what the last copy of a weight took, so that copies of a
// large model's weights don't pile up.
func (s *Session) collect() {
	if s.ByLayer {
		runtime.GC()
	}
}

// freeCopies gives back to the system what copies of a large model's weights took.
// The garbage collector would let half a gigabyte of them lie, beside memory of
// the backend that it doesn't see.
func (s *Session) freeCopies() {
	if s.ByLayer {
		debug.FreeOSMemory()
	}
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
