package checkpoint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/trainer/llama"
)

// ReadGGUF reads a Llama from a GGUF file, dequantized to float32. Tensors get
// their Hugging Face names and order of rows. Every tensor of the architecture
// must be there in its shape, finite, and no other.
func ReadGGUF(path string) (Model, error) {
	g, err := openGGUF(path)
	if err != nil {
		return Model{}, err
	}
	defer g.close()
	model, err := g.model()
	if err != nil {
		return Model{}, fmt.Errorf("read GGUF file %s: %w", path, err)
	}
	return model, nil
}

// ReadGGUFConfig reads the architecture of the Llama in a GGUF file.
func ReadGGUFConfig(path string) (llama.Config, error) {
	g, err := openGGUF(path)
	if err != nil {
		return llama.Config{}, err
	}
	defer g.close()
	config, err := g.config()
	if err != nil {
		return llama.Config{}, fmt.Errorf("read GGUF file %s: %w", path, err)
	}
	return config, nil
}

func (g *ggufFile) model() (Model, error) {
	config, err := g.config()
	if err != nil {
		return Model{}, err
	}
	if err := g.checkNames(config); err != nil {
		return Model{}, err
	}
	model := Model{Config: config, Weights: map[string][]float32{}}
	names := ggufNames()
	for _, tensor := range config.Tensors() {
		values, err := g.take(names.Replace(tensor.Name), tensor.Shape)
		if err != nil {
			return Model{}, err
		}
		if heads := permutedHeads(config, tensor.Name); heads > 0 {
			unpermute(values, heads, config.HiddenSize)
		}
		model.Weights[tensor.Name] = values
		if tensor.Linear {
			model.Quantized = append(model.Quantized, g.quantization(names.Replace(tensor.Name))...)
		}
		if err := g.takeBias(&model, tensor); err != nil {
			return Model{}, err
		}
	}
	slices.Sort(model.Quantized)
	model.Quantized = slices.Compact(model.Quantized)
	return model, g.checkOutput(model)
}

// quantization is the type of a tensor, none if it is of floats.
func (g *ggufFile) quantization(name string) []string {
	info, found := g.GetTensorInfo(name)
	if !found || floatType(info.Type) != "" {
		return nil
	}
	return []string{typeName(info.Type)}
}

// takeBias reads a linear layer's bias, if it has one.
func (g *ggufFile) takeBias(model *Model, tensor llama.Tensor) error {
	name := ggufBias(ggufNames().Replace(tensor.Name))
	if _, found := g.GetTensorInfo(name); !found || !tensor.Linear {
		return nil
	}
	values, err := g.take(name, tensor.Shape[:1])
	if err != nil {
		return err
	}
	if heads := permutedHeads(model.Config, tensor.Name); heads > 0 {
		unpermute(values, heads, 1)
	}
	if model.Biases == nil {
		model.Biases = map[string][]float32{}
	}
	model.Biases[tensor.Name] = values
	return nil
}

// take reads a tensor of the given shape.
func (g *ggufFile) take(name string, want []int) ([]float32, error) {
	tensor, found := g.GetTensorInfo(name)
	if !found {
		return nil, fmt.Errorf("tensor %s is missing", name)
	}
	if got := shape(tensor); !slices.Equal(got, want) {
		return nil, fmt.Errorf("tensor %s: shape is %v, want %v", name, got, want)
	}
	values, err := g.floats(tensor)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", name, err)
	}
	return values, nil
}

// The names of tensors and of the output head in a GGUF file:
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#standardized-tensor-names.
const (
	ggufEmbedding   = "token_embd.weight"
	ggufOutput      = "output.weight"
	ggufFrequencies = "rope_freqs.weight"
)

// ggufNames turns a Hugging Face name into that of a GGUF file.
func ggufNames() *strings.Replacer {
	return strings.NewReplacer(
		llama.Embedding, ggufEmbedding,
		llama.FinalNorm, "output_norm.weight",
		"model.layers.", "blk.",
		"input_layernorm", "attn_norm",
		"self_attn.q_proj", "attn_q",
		"self_attn.k_proj", "attn_k",
		"self_attn.v_proj", "attn_v",
		"self_attn.o_proj", "attn_output",
		"post_attention_layernorm", "ffn_norm",
		"mlp.gate_proj", "ffn_gate",
		"mlp.up_proj", "ffn_up",
		"mlp.down_proj", "ffn_down",
	)
}

// ggufBias is the name of the bias that goes with a weight.
func ggufBias(weight string) string { return strings.TrimSuffix(weight, ".weight") + ".bias" }

// checkNames refuses tensors that the architecture doesn't have.
func (g *ggufFile) checkNames(config llama.Config) error {
	known := map[string]bool{ggufOutput: true}
	names := ggufNames()
	for _, tensor := range config.Tensors() {
		known[names.Replace(tensor.Name)] = true
		if tensor.Linear {
			known[ggufBias(names.Replace(tensor.Name))] = true
		}
	}
	for _, tensor := range g.TensorInfos {
		if tensor.Name == ggufFrequencies {
			return fmt.Errorf("tensor %s is there; only plain rotary embeddings are supported", tensor.Name)
		}
		if !known[tensor.Name] {
			return fmt.Errorf("unexpected tensor %s", tensor.Name)
		}
	}
	return nil
}

// checkOutput accepts an output head only if it is the embedding again.
func (g *ggufFile) checkOutput(model Model) error {
	output, found := g.GetTensorInfo(ggufOutput)
	if !found {
		return nil
	}
	values, err := g.floats(output)
	if err != nil {
		return fmt.Errorf("tensor %s: %w", ggufOutput, err)
	}
	if !slices.Equal(values, model.Weights[llama.Embedding]) {
		return errors.New("tensor output.weight differs from the embedding; only models with tied embeddings are supported")
	}
	return nil
}

// unpermute brings the rows of a query or key projection [heads·dim, in] into
// Hugging Face's order, in place. Rotary embeddings turn pairs of rows; in a
// GGUF file a pair's rows are neighbours, in Hugging Face's layout the first
// rows of a head's pairs are followed by the second ones. It undoes permute of
// https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py.
func unpermute[T any](values []T, heads, in int) {
	width := len(values) / heads
	half := width / in / 2
	old := make([]T, width)
	for head := range slices.Chunk(values, width) {
		copy(old, head)
		for i := range half {
			copy(head[i*in:(i+1)*in], old[2*i*in:])
			copy(head[(half+i)*in:(half+i+1)*in], old[(2*i+1)*in:])
		}
	}
}

// permute is the reverse of unpermute.
func permute[T any](values []T, heads, in int) {
	width := len(values) / heads
	half := width / in / 2
	old := make([]T, width)
	for head := range slices.Chunk(values, width) {
		copy(old, head)
		for i := range half {
			copy(head[2*i*in:], old[i*in:(i+1)*in])
			copy(head[(2*i+1)*in:], old[(half+i)*in:(half+i+1)*in])
		}
	}
}
