package harness

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/llama"
)

// layerTensors lists what is trained in a layer: its tensors, each linear
// weight followed by its companions.
func (b builder) layerTensors() []llama.Tensor {
	var all []llama.Tensor
	for _, tensor := range b.config.LayerTensors() {
		all = append(append(all, tensor), b.companionTensors(tensor)...)
	}
	return all
}

// allTensors lists what is trained in the order of the forward pass.
func (b builder) allTensors() []llama.Tensor {
	ends := b.config.EndTensors()
	all := ends[:1:1]
	for layer := range b.config.NumHiddenLayers {
		for _, tensor := range b.layerTensors() {
			tensor.Name = llama.LayerName(layer, tensor.Name)
			all = append(all, tensor)
		}
	}
	return append(all, ends[1])
}

// companionTensors are the companions of a weight, as tensors.
func (b builder) companionTensors(weight llama.Tensor) []llama.Tensor {
	if !weight.Linear {
		return nil
	}
	var companions []llama.Tensor
	for _, companion := range b.training.Companions(weight) {
		companions = append(companions, llama.Tensor{Name: weight.Name + companion.Name, Shape: companion.Shape})
	}
	return companions
}

// student is the linear layer in training, with companions found by name.
func (b builder) student(blend blend[*Node], weights llama.Weights) llama.Linear {
	linear := b.training.Linear(blend.lambda, blend.residual)
	return func(name string, x, weight *Node) *Node {
		return linear(name, x, weight, b.companions(name, weight, weights))
	}
}

// companions finds the companions of the weight of this name.
func (b builder) companions(name string, weight *Node, weights llama.Weights) []*Node {
	var nodes []*Node
	for _, tensor := range b.companionTensors(llama.Tensor{Name: name, Shape: weight.Shape().Dimensions, Linear: true}) {
		nodes = append(nodes, weights(tensor.Name))
	}
	return nodes
}

// named finds nodes by the names of their tensors.
func named(tensors []llama.Tensor, nodes []*Node) llama.Weights {
	byName := map[string]*Node{}
	for i, tensor := range tensors {
		byName[tensor.Name] = nodes[i]
	}
	return func(name string) *Node { return byName[name] }
}
