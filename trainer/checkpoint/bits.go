package checkpoint

import (
	"math"

	"github.com/ternlab/ternlab/trainer/llama"
)

// Bits is how many bits an export is, and where they are. A ternary code counts as
// log2(3) = 1.585 bits, what it takes at the least; everything else as it is stored:
// fp16 scales, float32 for the rest.
type Bits struct {
	Weights    int `json:"weights"`    // of the linear layers, the ternary ones
	Parameters int `json:"parameters"` // of the model: weights, embedding and norms

	Codes       float64 `json:"codes"`
	Scales      float64 `json:"scales"`
	Biases      float64 `json:"biases"`
	InputScales float64 `json:"input_scales"`
	Embedding   float64 `json:"embedding"`
	Norms       float64 `json:"norms"`

	Total        float64 `json:"total"`
	PerWeight    float64 `json:"per_weight"`    // of codes, scales, biases and input scales together, by weight
	PerParameter float64 `json:"per_parameter"` // of the total, by parameter
}

// Bits counts the export's bits.
func (e Export) Bits() Bits {
	const half, single = 16, 32
	bits := Bits{Parameters: e.Config.NumParameters()}
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
