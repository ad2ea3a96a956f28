package harness

import (
	"errors"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/llama"
)

// stepper runs training steps in one way. It owns the graphs that this way needs.
type stepper interface {
	// step trains on tokens [accumulated batches · batch, sequence+1]. It returns the
	// mean cross-entropy in nats and the norm of all gradients before clipping.
	step(number int, tokens []int32, schedule Schedule) (loss, norm float64, err error)
}

// Execution is a way of running a step. They differ in speed and memory, not in
// what they compute. docs/log/performance.md has the figures.
type Execution int

const (
	// Auto chooses by the model's size and the backend.
	Auto Execution = iota
	// Whole is one graph: for models of up to 5 million parameters, which compile
	// at once anyway.
	Whole
	// ByLayer runs the graph of one layer for each layer, driven and waited for
	// from here: least memory, and the fastest on a processor.
	ByLayer
	// Looped runs all layers as turns of a loop inside a graph, and waits at a
	// step's end only: the fastest on a GPU. It knows no teacher.
	Looped
)

// wholeLimit is the number of parameters up to which a step is one graph.
const wholeLimit = 5_000_000

// TrainsByLayer says whether a model is so large that a step runs layer by layer
// (on a GPU as a loop over them), not as one graph.
func TrainsByLayer(config llama.Config) bool { return config.NumParameters() > wholeLimit }

// chosen is the way that Auto stands for.
func (e Execution) chosen(backend compute.Backend, config llama.Config, training Training) Execution {
	switch {
	case e != Auto:
		return e
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

// newStepper prepares a way of running steps; no graph is compiled before its first
// use.
func newStepper(execution Execution, backend compute.Backend, n *network) (stepper, error) {
	c := &compiler{backend: backend}
	var s stepper
	switch execution {
	case Looped:
		s = newLooped(n, c)
	case ByLayer:
		s = newByLayer(n, c)
	default:
		s = newWhole(n, c)
	}
	return s, c.err
}

// compiler makes graphs executable, and collects what goes wrong.
type compiler struct {
	backend compute.Backend
	err     error
}

func (c *compiler) exec(graph func([]*Node) []*Node) *Exec {
	exec, err := NewExec(c.backend, graph)
	c.err = errors.Join(c.err, err)
	return exec
}

// network is what steps work on: the tensors in training, the teacher's, and the
// graphs' common parts.
type network struct {
	builder
	parameters
	teacher teacher
}

// shift cuts tokens [batch, sequence+1] into the inputs [batch, sequence] and the
// tokens after each, the targets [rows].
func (n *network) shift(tokens []int32) (before, after *tensors.Tensor) {
	var inputs, targets []int32
	for sequence := range slices.Chunk(tokens, n.length+1) {
		inputs, targets = append(inputs, sequence[:n.length]...), append(targets, sequence[1:]...)
	}
	return tensors.FromFlatDataAndDimensions(inputs, n.size, n.length), tensors.FromFlatDataAndDimensions(targets, n.rows())
}

// batches cuts a step's tokens into those of each accumulated batch.
func (n *network) batches(tokens []int32) [][]int32 {
	return slices.Collect(slices.Chunk(tokens, len(tokens)/n.training.AccumulatedBatches()))
}

// sumBatches adds up what run gives of each batch of a step: its share of the
// loss, and its gradients.
func (n *network) sumBatches(tokens []int32, sum *Exec, run func(batch []int32) ([]*tensors.Tensor, error)) ([]*tensors.Tensor, error) {
	var total []*tensors.Tensor
	for _, batch := range n.batches(tokens) {
		share, err := run(batch)
		if err != nil {
			return nil, err
		}
		if total == nil {
			total = share
			continue
		}
		both := slices.Concat(total, share)
		if total, err = call(sum, "add gradients", both, both...); err != nil {
			return nil, err
		}
	}
	return total, nil
}
