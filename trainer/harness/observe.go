package harness

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// calibrationTokens is how much training text the scales of inputs per channel
// are fixed from, rounded up to whole batches.
const calibrationTokens = 2048

// calibration is batches of training text, the first ones of the training's own
// order.
func (r Run) calibration() ([][]int32, error) {
	if !r.Training.ExportedActivations().PerChannel {
		return nil, nil
	}
	tokens, err := r.Preset.TrainTokens()
	if err != nil {
		return nil, err
	}
	size, length := r.Training.Batch()
	batches, err := prepare.NewBatches(tokens, size, length, r.Seed)
	if err != nil {
		return nil, err
	}
	var calibration [][]int32
	for seen := 0; seen < calibrationTokens; seen += size * length {
		calibration = append(calibration, batches.Next())
	}
	return calibration, nil
}

// inputScales are the scales [in] of each linear layer's inputs, by its weight's
// name: the largest input of each channel over the calibration text is 127. The
// weights are as ternary as the exported ones. Nil without scales per channel.
func (s *Session) inputScales() (map[string][]float32, error) {
	if !s.training.ExportedActivations().PerChannel {
		return nil, nil
	}
	if len(s.Calibration) == 0 {
		return nil, errors.New("there is no calibration text to fix the scales of inputs from")
	}
	scales := map[string][]float32{}
	for _, batch := range s.Calibration {
		if err := s.observe(batch, scales); err != nil {
			return nil, fmt.Errorf("fix the scales of inputs: %w", err)
		}
	}
	for _, ofLayer := range scales {
		for channel, largest := range ofLayer {
			ofLayer[channel] = max(largest, checkpoint.SmallestInput) / 127
		}
	}
	return scales, nil
}

// observe raises largest [in], by weight's name, to the sizes of the inputs that
// linear layers have on a batch.
func (s *Session) observe(batch []int32, largest map[string][]float32) error {
	tokens, targets := s.network.shift(batch)
	x, err := call(s.graphs.embed, "embed tokens", []*tensors.Tensor{s.network.embedding.weight, tokens}, tokens, targets)
	if err != nil {
		return err
	}
	whole := Schedule{Lambda: 1}.blend()
	for _, parameters := range s.network.layers {
		in := layerInputs[*tensors.Tensor]{whole, x[0], weightsOf(parameters)}
		if x, err = call(s.graphs.observe, "run a layer", in.list(), in.x); err != nil {
			return err
		}
		observed := x[1:]
		for _, p := range parameters {
			if !p.tensor.Linear {
				continue
			}
			sizes, err := tensors.CopyFlatData[float32](observed[0])
			if err = errors.Join(err, observed[0].FinalizeAll()); err != nil {
				return err
			}
			largest[p.tensor.Name], observed = larger(largest[p.tensor.Name], sizes), observed[1:]
		}
	}
	return x[0].FinalizeAll()
}

// larger is the larger of each two values; a may be nil.
func larger(a, b []float32) []float32 {
	for i := range a {
		b[i] = max(a[i], b[i])
	}
	return b
}

// observeGraph is layerInputs → x after the layer and, of each linear layer in the
// order of its tensors, the size of the largest input of each channel [in].
func (b builder) observeGraph(list []*Node) []*Node {
	in := readLayerInputs(list)
	weights := named(b.layerTensors(), in.weights)
	linear := b.student(in.blend, weights)
	largest := map[string]*Node{}
	x := b.config.Block(weights, func(name string, x, weight *Node) *Node {
		largest[name] = ReduceMax(Abs(x), 0) // [in]
		return linear(name, x, weight)
	}, in.x, b.size, b.length)
	outputs := []*Node{x}
	for _, tensor := range b.config.LayerTensors() {
		if tensor.Linear {
			outputs = append(outputs, largest[tensor.Name])
		}
	}
	return outputs
}
