package harness

import (
	"fmt"
	"math"
	"runtime"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Session is a model in training: its weights and optimizer states live on the
// backend, and the graphs that change and read them are compiled once.
type Session struct {
	// Calibration is batches of training text, each as [Session.Step] takes one of
	// the step's. Export fixes scales of inputs per channel from them.
	Calibration [][]int32

	config    llama.Config
	training  counted
	backend   compute.Backend
	execution Execution
	network   *network
	stepper   stepper
	graphs    exportGraphs
}

// exportGraphs read what is in training.
type exportGraphs struct {
	quantize *graph.Exec // weight, companions → codes, scales, bias
	embed    *graph.Exec // embedding, tokens → x
	observe  *graph.Exec // layerInputs → x after the layer, largest inputs of its linear layers
}

// NewSession puts a model's weights on the backend and prepares a way of running
// steps. It asks the training once what a step is fed with, and whether there is a
// teacher.
func NewSession(backend compute.Backend, start checkpoint.Model, training Training, execution Execution) (*Session, error) {
	counted, err := count(training)
	if err != nil {
		return nil, fmt.Errorf("prepare training: %w", err)
	}
	s := &Session{config: start.Config, training: counted, backend: backend}
	s.execution = execution.chosen(backend, start.Config, counted)
	s.network = &network{builder: newBuilder(backend, start.Config, counted)}
	if s.stepper, err = newStepper(s.execution, backend, s.network); err != nil {
		return nil, fmt.Errorf("prepare training: %w", err)
	}
	c := &compiler{backend: backend}
	s.graphs = exportGraphs{c.exec(s.network.quantizeGraph), c.exec(s.network.embed), c.exec(s.network.observeGraph)}
	if c.err != nil {
		return nil, fmt.Errorf("prepare export: %w", c.err)
	}
	if s.network.parameters, err = s.loadParameters(start); err != nil {
		return nil, err
	}
	s.network.teacher, err = s.loadTeacher(start)
	return s, err
}

// Model copies the weights as they are now, without companions.
func (s *Session) Model() (checkpoint.Model, error) {
	current := checkpoint.Model{Config: s.config, Weights: map[string][]float32{}}
	for _, p := range s.network.all() {
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

// collect frees at once what the last copy of a weight took, so that copies of a
// large model's weights don't pile up.
func (s *Session) collect() {
	if s.execution != Whole {
		runtime.GC()
	}
}

// freeMemory gives back to the system what a large model's steps, or an evaluation,
// leave behind.
func (s *Session) freeMemory() {
	if s.execution != Whole {
		backend.FreeMemory()
	}
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
