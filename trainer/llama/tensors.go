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

// LayerTensors lists the tensors of one layer in the order of the forward pass,
// by their names within a layer, such as "mlp.up_proj.weight".
func (c Config) LayerTensors() []Tensor {
	hidden, intermediate := c.HiddenSize, c.IntermediateSize
	keyValue := c.NumKeyValueHeads * c.HeadDim()
	norm := func(name string) Tensor {
		return Tensor{Name: name + ".weight", Shape: []int{hidden}}
	}
	linear := func(name string, out, in int) Tensor {
		return Tensor{Name: name + ".weight", Shape: []int{out, in}, Linear: true}
	}
	return []Tensor{
		norm("input_layernorm"),
		linear("self_attn.q_proj", hidden, hidden),
		linear("self_attn.k_proj", keyValue, hidden),
		linear("self_attn.v_proj", keyValue, hidden),
		linear("self_attn.o_proj", hidden, hidden),
		norm("post_attention_layernorm"),
		linear("mlp.gate_proj", intermediate, hidden),
		linear("mlp.up_proj", intermediate, hidden),
		linear("mlp.down_proj", hidden, intermediate),
	}
}

// EndTensors lists the two tensors outside the layers.
func (c Config) EndTensors() []Tensor {
	return []Tensor{
		{Name: Embedding, Shape: []int{c.VocabSize, c.HiddenSize}},
		{Name: FinalNorm, Shape: []int{c.HiddenSize}},
	}
}

// LayerName is the name in the whole model of a tensor of one layer.
func LayerName(layer int, name string) string {
	return fmt.Sprintf("model.layers.%d.%s", layer, name)
}

// Tensors lists every tensor of the model in the order of the forward pass.
func (c Config) Tensors() []Tensor {
	ends := c.EndTensors()
	all := ends[:1:1]
	for layer := range c.NumHiddenLayers {
		for _, tensor := range c.LayerTensors() {
			tensor.Name = LayerName(layer, tensor.Name)
			all = append(all, tensor)
		}
	}
	return append(all, ends[1])
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
