package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/checkpoint"
)

// Export quantizes the weights as they are now, fully (lambda 1), with scales
// rounded to fp16 as they are written.
func (s *Session) Export() (checkpoint.Export, error) {
	export := checkpoint.Export{
		Config: s.config, Activations: s.training.ExportedActivations(),
		Layers: map[string]checkpoint.Ternary{}, Dense: map[string][]float32{},
	}
	inputs, err := s.inputScales()
	if err != nil {
		return checkpoint.Export{}, fmt.Errorf("export: %w", err)
	}
	for _, p := range s.network.all() {
		if p.companion {
			continue
		}
		var err error
		if name := p.tensor.Name; p.tensor.Linear {
			export.Layers[name], err = s.exportLayer(p, inputs[name])
		} else {
			export.Dense[name], err = p.values()
		}
		if err != nil {
			return checkpoint.Export{}, fmt.Errorf("export %s: %w", p.tensor.Name, err)
		}
		s.collect()
	}
	return export, nil
}

func (s *Session) exportLayer(p *parameter, inputScales []float32) (checkpoint.Ternary, error) {
	outputs, err := call(s.graphs.quantize, "quantize", append([]*tensors.Tensor{p.weight}, weightsOf(p.companions)...))
	if err != nil {
		return checkpoint.Ternary{}, err
	}
	flat := make([][]float32, 3)
	for i, output := range outputs {
		if flat[i], err = tensors.CopyFlatData[float32](output); err != nil {
			return checkpoint.Ternary{}, err
		}
		if err := output.FinalizeAll(); err != nil {
			return checkpoint.Ternary{}, err
		}
	}
	layer := checkpoint.Ternary{
		Out: p.tensor.Shape[0], In: p.tensor.Shape[1],
		Codes: make([]int8, len(flat[0])), Scales: checkpoint.RoundScales(flat[1]), Bias: flat[2], Inputs: inputScales,
	}
	for i, code := range flat[0] {
		if layer.Codes[i] = int8(code); float32(layer.Codes[i]) != code || code < -1 || code > 1 {
			return checkpoint.Ternary{}, fmt.Errorf("code %d is %g, want -1, 0 or +1", i, code)
		}
	}
	return layer, nil
}

// quantizeGraph is a weight and its companions → codes, scales and, if the training
// has one, bias.
func (b builder) quantizeGraph(inputs []*Node) []*Node {
	quantized := b.training.Quantize(inputs[0], inputs[1:])
	outputs := []*Node{quantized.Codes, quantized.Scales}
	if quantized.Bias != nil {
		outputs = append(outputs, quantized.Bias)
	}
	return outputs
}

// snapshot writes a step's export to snapshots/<step>, which is there whole or
// not at all. One of an earlier training is replaced.
func (r Run) snapshot(export checkpoint.Export, step int) error {
	folder := filepath.Join(r.Out, "snapshots", strconv.Itoa(step))
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return fmt.Errorf("make folder for snapshots: %w", err)
	}
	unfinished := folder + ".unfinished"
	if err := errors.Join(os.RemoveAll(unfinished), os.RemoveAll(folder)); err != nil {
		return fmt.Errorf("replace snapshot of step %d: %w", step, err)
	}
	if err := checkpoint.WriteExport(unfinished, export); err != nil {
		return fmt.Errorf("write snapshot of step %d: %w", step, err)
	}
	if err := os.Rename(unfinished, folder); err != nil {
		return fmt.Errorf("write snapshot of step %d: %w", step, err)
	}
	return nil
}
