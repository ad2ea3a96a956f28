package llama

import "fmt"

// Tensor is the name and shape of one of the model's tensors, as in model.safetensors.
type Tensor struct {
	Name   string
	Shape  []int
	Linear bool // a linear layer's weight [out, in], the kind that is quantized
}

// Size is the number of values in the tensor.
func (t Tensor) Size() int {
	size := 1
	for _, dim := range t.Shape {
		size *= dim
	}
	return size
}

// Embedding and FinalNorm name the two tensors outside the layers.
const (
	Embedding = "model.embed_tokens.weight"
	FinalNorm = "model.norm.weight"
)

// Tensors lists every tensor of the model in the order of the forward pass.
func (c Config) Tensors() []Tensor {
	hidden, intermediate := c.HiddenSize, c.IntermediateSize
	keyValue := c.NumKeyValueHeads * c.HeadDim()
	tensors := []Tensor{{Name: Embedding, Shape: []int{c.VocabSize, hidden}}}
	for layer := range c.NumHiddenLayers {
		norm := func(name string) Tensor {
			return Tensor{Name: layerName(layer, name), Shape: []int{hidden}}
		}
		linear := func(name string, out, in int) Tensor {
			return Tensor{Name: layerName(layer, name), Shape: []int{out, in}, Linear: true}
		}
		tensors = append(
			tensors,
			norm("input_layernorm"),
			linear("self_attn.q_proj", hidden, hidden),
			linear("self_attn.k_proj", keyValue, hidden),
			linear("self_attn.v_proj", keyValue, hidden),
			linear("self_attn.o_proj", hidden, hidden),
			norm("post_attention_layernorm"),
			linear("mlp.gate_proj", intermediate, hidden),
			linear("mlp.up_proj", intermediate, hidden),
			linear("mlp.down_proj", hidden, intermediate),
		)
	}
	return append(tensors, Tensor{Name: FinalNorm, Shape: []int{hidden}})
}

// Linears lists the weights [out, in] of the linear layers, the ones that are quantized.
func (c Config) Linears() []Tensor {
	var linears []Tensor
	for _, tensor := range c.Tensors() {
		if tensor.Linear {
			linears = append(linears, tensor)
		}
	}
	return linears
}

// NumParameters is the number of values in all tensors.
func (c Config) NumParameters() int {
	total := 0
	for _, tensor := range c.Tensors() {
		total += tensor.Size()
	}
	return total
}

func layerName(layer int, name string) string {
	return fmt.Sprintf("model.layers.%d.%s.weight", layer, name)
}
