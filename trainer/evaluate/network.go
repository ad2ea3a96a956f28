package evaluate

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Network is how the models to be measured compute.
type Network struct {
	Config         llama.Config
	Ternary        bool // linear layers are codes · scales + bias
	ActivationBits int  // 8: inputs of ternary layers are quantized per token
}

// Weights is one set of weights for a [Network].
type Weights struct {
	values map[string][]float32
	shapes map[string][]int
}

// ModelWeights are the weights of a full-precision model.
func ModelWeights(m checkpoint.Model) Weights {
	weights := Weights{m.Weights, map[string][]int{}}
	for _, tensor := range m.Config.Tensors() {
		weights.shapes[tensor.Name] = tensor.Shape
	}
	return weights
}

// ExportWeights are the dequantized weights of an export; a layer without a
// bias gets one of zeros.
func ExportWeights(export checkpoint.Export) Weights {
	weights := Weights{map[string][]float32{}, map[string][]int{}}
	for _, tensor := range export.Config.Tensors() {
		weights.shapes[tensor.Name] = tensor.Shape
		if !tensor.Linear {
			weights.values[tensor.Name] = export.Dense[tensor.Name]
			continue
		}
		layer := export.Layers[tensor.Name]
		weights.values[tensor.Name] = layer.Dequantize()
		bias := layer.Bias
		if bias == nil {
			bias = make([]float32, layer.Out)
		}
		weights.values[biasName(tensor.Name)], weights.shapes[biasName(tensor.Name)] = bias, []int{layer.Out}
	}
	return weights
}

// linear is the network's linear layer.
func (n Network) linear(weights llama.Weights) llama.Linear {
	if !n.Ternary {
		return llama.Dense
	}
	return func(name string, x, weight *Node) *Node {
		if n.ActivationBits == 8 {
			x = quantizeActivations(x)
		}
		bias := weights(biasName(name))                               // [out]
		return Add(llama.Dense(name, x, weight), ExpandAxes(bias, 0)) // [tokens, out]
	}
}

// quantizeActivations rounds each token of x [tokens, in] to 8-bit integers
// that share a scale: BitNet b1.58's absmax quantization, Ma et al. 2024,
// https://arxiv.org/abs/2402.17764.
func quantizeActivations(x *Node) *Node {
	largest := MaxScalar(ReduceAndKeep(Abs(x), ReduceMax, -1), 1e-5) // [tokens, 1]
	scale := MulScalar(Reciprocal(largest), 127)
	return Div(ClipScalar(Round(Mul(x, scale)), -128, 127), scale)
}

func biasName(weight string) string { return strings.TrimSuffix(weight, ".weight") + ".bias" }

// store puts the weights where the graph finds them.
func (w Weights) store(store *model.Store) error {
	for name, values := range w.values {
		value := tensors.FromFlatDataAndDimensions(values, w.shapes[name]...)
		if variable := store.RootScope().GetVariable(name); variable != nil {
			if err := variable.SetValue(value); err != nil {
				return fmt.Errorf("set %s: %w", name, err)
			}
			continue
		}
		if _, err := store.RootScope().CreateVariable(name, value); err != nil {
			return fmt.Errorf("create %s: %w", name, err)
		}
	}
	return nil
}
