package harness

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// quantizeLayer is the graph from a weight to codes, scales and bias; a layer
// without a bias gives two outputs.
func (s *Session) quantizeLayer(weight *graph.Node) []*graph.Node {
	quantized := s.training.Quantize(weight)
	outputs := []*graph.Node{quantized.Codes, quantized.Scales}
	if quantized.Bias != nil {
		outputs = append(outputs, quantized.Bias)
	}
	return outputs
}

// Export quantizes the weights as they are now, fully (lambda 1), with scales
// rounded to fp16 as they are written.
func (s *Session) Export() (checkpoint.Export, error) {
	export := checkpoint.Export{
		Config: s.config, ActivationBits: s.training.ExportedActivationBits(),
		Layers: map[string]checkpoint.Ternary{}, Dense: map[string][]float32{},
	}
	for _, tensor := range s.config.Tensors() {
		var err error
		if tensor.Linear {
			export.Layers[tensor.Name], err = s.exportLayer(tensor)
		} else {
			export.Dense[tensor.Name], err = s.weight(tensor.Name)
		}
		if err != nil {
			return checkpoint.Export{}, fmt.Errorf("export %s: %w", tensor.Name, err)
		}
	}
	return export, nil
}

func (s *Session) exportLayer(tensor llama.Tensor) (checkpoint.Ternary, error) {
	value, err := s.store.RootScope().GetVariable(tensor.Name).Value()
	if err != nil {
		return checkpoint.Ternary{}, err
	}
	outputs, err := s.quantize.Call(value)
	if err != nil {
		return checkpoint.Ternary{}, fmt.Errorf("quantize: %w", err)
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
		Out: tensor.Shape[0], In: tensor.Shape[1],
		Codes: make([]int8, len(flat[0])), Scales: checkpoint.RoundScales(flat[1]), Bias: flat[2],
	}
	for i, code := range flat[0] {
		if layer.Codes[i] = int8(code); float32(layer.Codes[i]) != code || code < -1 || code > 1 {
			return checkpoint.Ternary{}, fmt.Errorf("code %d is %g, want -1, 0 or +1", i, code)
		}
	}
	return layer, nil
}
