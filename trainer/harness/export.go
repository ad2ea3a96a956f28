package harness

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/checkpoint"
)

// Export quantizes the weights as they are now, fully (lambda 1), with scales
// rounded to fp16 as they are written.
func (s *Session) Export() (checkpoint.Export, error) {
	export := checkpoint.Export{
		Config: s.config, ActivationBits: s.training.ExportedActivationBits(),
		Layers: map[string]checkpoint.Ternary{}, Dense: map[string][]float32{},
	}
	for _, p := range s.parameters() {
		var err error
		if name := p.tensor.Name; p.tensor.Linear {
			export.Layers[name], err = s.exportLayer(p)
		} else {
			export.Dense[name], err = p.values()
		}
		if err != nil {
			return checkpoint.Export{}, fmt.Errorf("export %s: %w", p.tensor.Name, err)
		}
	}
	return export, nil
}

func (s *Session) exportLayer(p *parameter) (checkpoint.Ternary, error) {
	outputs, err := s.graphs.quantize.Call(p.weight)
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
		Out: p.tensor.Shape[0], In: p.tensor.Shape[1],
		Codes: make([]int8, len(flat[0])), Scales: checkpoint.RoundScales(flat[1]), Bias: flat[2],
	}
	for i, code := range flat[0] {
		if layer.Codes[i] = int8(code); float32(layer.Codes[i]) != code || code < -1 || code > 1 {
			return checkpoint.Ternary{}, fmt.Errorf("code %d is %g, want -1, 0 or +1", i, code)
		}
	}
	return layer, nil
}
