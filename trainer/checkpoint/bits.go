package checkpoint

import (
	"math"

	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Bits counts the export's bits. A ternary code counts as log2(3) = 1.585 bits, what it
// takes at the least; everything else as it is stored: fp16 scales, float32 for the rest.
func (e Export) Bits() contract.Bits {
	const half, single = 16, 32
	bits := contract.Bits{Parameters: e.Config.NumParameters()}
	for _, tensor := range e.Config.Tensors() {
		switch layer := e.Layers[tensor.Name]; {
		case tensor.Linear:
			bits.Weights += len(layer.Codes)
			bits.Scales += half * float64(len(layer.Scales))
			bits.Biases += single * float64(len(layer.Bias))
			bits.InputScales += single * float64(len(layer.Inputs))
		case tensor.Name == llama.Embedding:
			bits.Embedding += single * float64(tensor.Size())
		default:
			bits.Norms += single * float64(tensor.Size())
		}
	}
	bits.Codes = math.Log2(3) * float64(bits.Weights)
	ternary := bits.Codes + bits.Scales + bits.Biases + bits.InputScales
	bits.Total = ternary + bits.Embedding + bits.Norms
	bits.PerWeight = ternary / float64(bits.Weights)
	bits.PerParameter = bits.Total / float64(bits.Parameters)
	return bits
}
