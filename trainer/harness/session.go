package harness

import (
	"fmt"
	"math"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Session is a model in training: its weights and optimizer states live on the
// backend, and the graphs that change and read them are compiled once.
type Session struct {
	// Execution is how steps run. NewSession chooses it by the model's size and the
	// backend; docs/performance.md has the figures.
	Execution Execution
	// Calibration is batches of training text, each as [Session.Step] takes one of
	// the step's. Export fixes scales of inputs per channel from them.
	Calibration [][]int32

	config    llama.Config
	training  counted
	backend   compute.Backend
	graphs    graphs
	embedding *parameter
	layers    [][]*parameter // of each layer, weights followed by their companions
	norm      *parameter
	teacher   teacher
}

// Execution is a way of running a step. They differ in speed and memory, not in
// what they compute.
type Execution int

const (
	// Whole is one graph: for models of up to 5 million parameters, which compile
	// at once anyway.
	Whole Execution = iota
	// ByLayer runs the graph of one layer for each layer, driven and waited for
	// from here: least memory, and the fastest on a processor.
	ByLayer
	// Looped runs all layers as turns of a loop inside a graph, and waits at a
	// step's end only: the fastest on a GPU. It knows no teacher.
	Looped
)

// execution chooses a way for a model on a backend.
func execution(backend compute.Backend, config llama.Config, training Training) Execution {
	switch {
	case !TrainsByLayer(config):
		return Whole
	case onGPU(backend) && !training.Distills():
		return Looped
	}
	return ByLayer
}

func onGPU(backend compute.Backend) bool {
	return strings.Contains(strings.ToLower(backend.DeviceDescription(0)), "cuda")
}

// parameter is one tensor in training: one of the model's, or a companion.
type parameter struct {
	tensor     llama.Tensor
	weight     *tensors.Tensor
	states     []*tensors.Tensor
	companions []*parameter
	companion  bool
}

// NewSession puts a model's weights on the backend. It asks the training once what
// a step is fed with, and whether there is a teacher.
func NewSession(backend compute.Backend, start checkpoint.Model, training Training) (*Session, error) {
	counted, err := count(training)
	if err != nil {
		return nil, fmt.Errorf("prepare training: %w", err)
	}
	s := &Session{config: start.Config, training: counted, backend: backend}
	s.Execution = execution(backend, start.Config, counted)
	if s.graphs, err = newGraphs(backend, start.Config, counted); err != nil {
		return nil, fmt.Errorf("prepare training: %w", err)
	}
	ends := start.Config.EndTensors()
	if s.embedding, err = s.load(ends[0], start); err != nil {
		return nil, err
	}
	for layer := range start.Config.NumHiddenLayers {
		parameters, err := s.loadLayer(layer, start)
		if err != nil {
			return nil, err
		}
		s.layers = append(s.layers, parameters)
	}
	if s.norm, err = s.load(ends[1], start); err != nil {
		return nil, err
	}
	return s, s.newTeacher(start)
}

// loadLayer puts a layer's weights and their companions on the backend.
func (s *Session) loadLayer(layer int, start checkpoint.Model) ([]*parameter, error) {
	var parameters []*parameter
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
		parameters = append(append(parameters, weight), weight.companions...)
	}
	return parameters, nil
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

// parameters lists all tensors in training in the order of the forward pass.
func (s *Session) parameters() []*parameter {
	all := []*parameter{s.embedding}
	for _, layer := range s.layers {
		all = append(all, layer...)
	}
	return append(all, s.norm)
}

// Model copies the weights as they are now, without companions.
func (s *Session) Model() (checkpoint.Model, error) {
	current := checkpoint.Model{Config: s.config, Weights: map[string][]float32{}}
	for _, p := range s.parameters() {
		if p.companion {
			continue
		}
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
	if s.Execution != Whole {
		runtime.GC()
	}
}

// freeMemory gives back to the system what a large model's steps, or an evaluation,
// leave behind.
func (s *Session) freeMemory() {
	if s.Execution != Whole {
		backend.FreeMemory()
	}
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
