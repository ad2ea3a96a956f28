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
	Ternary        bool // linear layers are codes · scales
	Biases         bool // linear layers have biases
	ActivationBits int  // 8: inputs of ternary layers are quantized per token
}

// Weights is one set of weights for a [Network].
type Weights struct {
	values map[string][]float32
	shapes map[string][]int
}

// ModelNetwork is how a full-precision model computes.
func ModelNetwork(m checkpoint.Model) Network {
	return Network{Config: m.Config, Biases: m.Biases != nil}
}

// ExportNetwork is how an export computes.
func ExportNetwork(export checkpoint.Export) Network {
	return Network{Config: export.Config, Ternary: true, Biases: true, ActivationBits: export.ActivationBits}
}

// ModelWeights are the weights of a full-precision model, for its [ModelNetwork].
func ModelWeights(m checkpoint.Model) Weights {
	weights := newWeights()
	for _, tensor := range m.Config.Tensors() {
		weights.set(tensor.Name, m.Weights[tensor.Name], tensor.Shape...)
		if tensor.Linear && m.Biases != nil {
			weights.setBias(tensor, m.Biases[tensor.Name])
		}
	}
	return weights
}

// ExportWeights are the dequantized weights of an export, for its [ExportNetwork].
func ExportWeights(export checkpoint.Export) Weights {
	weights := newWeights()
	for _, tensor := range export.Config.Tensors() {
		if !tensor.Linear {
			weights.set(tensor.Name, export.Dense[tensor.Name], tensor.Shape...)
			continue
		}
		layer := export.Layers[tensor.Name]
		weights.set(tensor.Name, layer.Dequantize(), tensor.Shape...)
		weights.setBias(tensor, layer.Bias)
	}
	return weights
}

func newWeights() Weights { return Weights{map[string][]float32{}, map[string][]int{}} }

func (w Weights) set(name string, values []float32, shape ...int) {
	w.values[name], w.shapes[name] = values, shape
}

// setBias sets a linear layer's bias, zeros where it has none.
func (w Weights) setBias(tensor llama.Tensor, bias []float32) {
	out := tensor.Shape[0]
	if bias == nil {
		bias = make([]float32, out)
	}
	w.set(biasName(tensor.Name), bias, out)
}

// Linear is the network's linear layer; weights also gives the biases that
// [Weights] holds.
func (n Network) Linear(weights llama.Weights) llama.Linear {
	return func(name string, x, weight *Node) *Node {
		if n.ActivationBits == 8 {
			x = quantizeActivations(x)
		}
		y := llama.Dense(name, x, weight) // [tokens, out]
		if n.Biases {
			y = Add(y, ExpandAxes(weights(biasName(name)), 0)) // [tokens, out]
		}
		return y
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

// Store puts the weights into a store's root scope, where graphs find them by
// name.
func (w Weights) Store(store *model.Store) error {
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
