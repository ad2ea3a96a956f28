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
	Config      llama.Config
	Ternary     bool                   // linear layers are codes · scales
	Biases      bool                   // linear layers have biases
	Activations checkpoint.Activations // how ternary layers round their inputs
}

// Weights is one set of weights for a [Network]. A weight's values are made when
// they are asked for, so that a whole dequantized model is never held.
type Weights map[string]weight

type weight struct {
	shape  []int
	values func() []float32
}

// ModelNetwork is how a full-precision model computes.
func ModelNetwork(m checkpoint.Model) Network {
	return Network{Config: m.Config, Biases: m.Biases != nil}
}

// ExportNetwork is how an export computes.
func ExportNetwork(export checkpoint.Export) Network {
	return Network{Config: export.Config, Ternary: true, Biases: true, Activations: export.Activations}
}

// ModelWeights are the weights of a full-precision model, for its [ModelNetwork].
func ModelWeights(m checkpoint.Model) Weights {
	weights := Weights{}
	for _, tensor := range m.Config.Tensors() {
		weights[tensor.Name] = weight{tensor.Shape, func() []float32 { return m.Weights[tensor.Name] }}
		if tensor.Linear && m.Biases != nil {
			weights.setBias(tensor, m.Biases[tensor.Name])
		}
	}
	return weights
}

// ExportWeights are the dequantized weights of an export, for its [ExportNetwork].
func ExportWeights(export checkpoint.Export) Weights {
	weights := Weights{}
	for _, tensor := range export.Config.Tensors() {
		if !tensor.Linear {
			weights[tensor.Name] = weight{tensor.Shape, func() []float32 { return export.Dense[tensor.Name] }}
			continue
		}
		layer := export.Layers[tensor.Name]
		weights[tensor.Name] = weight{tensor.Shape, layer.Dequantize}
		weights.setBias(tensor, layer.Bias)
		if export.Activations.PerChannel {
			weights[inputsName(tensor.Name)] = weight{[]int{layer.In}, func() []float32 { return layer.Inputs }}
		}
	}
	return weights
}

// setBias sets a linear layer's bias, zeros where it has none.
func (w Weights) setBias(tensor llama.Tensor, bias []float32) {
	out := tensor.Shape[0]
	if bias == nil {
		bias = make([]float32, out)
	}
	w[biasName(tensor.Name)] = weight{[]int{out}, func() []float32 { return bias }}
}

// tensor is a copy of one weight.
func (w Weights) tensor(name string) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(w[name].values(), w[name].shape...)
}

// layerNames lists what a layer computes with, by names within the layer.
func (n Network) layerNames() []string {
	var names []string
	for _, tensor := range n.Config.LayerTensors() {
		names = append(names, tensor.Name)
		if tensor.Linear && n.Biases {
			names = append(names, biasName(tensor.Name))
		}
		if tensor.Linear && n.Activations.PerChannel {
			names = append(names, inputsName(tensor.Name))
		}
	}
	return names
}

// Linear is the network's linear layer; weights also gives the biases and the
// scales of inputs that [Weights] holds.
func (n Network) Linear(weights llama.Weights) llama.Linear {
	return func(name string, x, weight *Node) *Node {
		switch {
		case n.Activations.PerChannel:
			x = roundInputs(x, ExpandAxes(weights(inputsName(name)), 0))
		case n.Activations.Bits == 8:
			x = roundInputs(x, tokenScales(x))
		}
		y := llama.Dense(name, x, weight) // [tokens, out]
		if n.Biases {
			y = Add(y, ExpandAxes(weights(biasName(name)), 0)) // [tokens, out]
		}
		return y
	}
}

// tokenScales gives each token of x [tokens, in] the scale at which its largest
// input is 127 [tokens, 1]: BitNet b1.58's absmax quantization, Ma et al. 2024,
// https://arxiv.org/abs/2402.17764.
func tokenScales(x *Node) *Node {
	largest := MaxScalar(ReduceAndKeep(Abs(x), ReduceMax, -1), checkpoint.SmallestInput) // [tokens, 1]
	return MulScalar(largest, 1.0/127)
}

// roundInputs rounds x [tokens, in] to 8-bit integers of scales [tokens, 1] or
// [1, in].
func roundInputs(x, scales *Node) *Node {
	return Mul(ClipScalar(Round(Div(x, scales)), -128, 127), scales)
}

func inputsName(weight string) string { return strings.TrimSuffix(weight, ".weight") + ".input_scales" }

func biasName(weight string) string { return strings.TrimSuffix(weight, ".weight") + ".bias" }

// Store puts the weights into a store's root scope, where graphs find them by
// name.
func (w Weights) Store(store *model.Store) error {
	for name := range w {
		if _, err := store.RootScope().CreateVariable(name, w.tensor(name)); err != nil {
			return fmt.Errorf("create %s: %w", name, err)
		}
	}
	return nil
}
