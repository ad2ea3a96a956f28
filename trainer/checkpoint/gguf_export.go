package checkpoint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// GGUFOptions say how an export becomes a GGUF file.
type GGUFOptions struct {
	Name       string // general.name
	Ternary    bool   // linear layers as Q2_0, else dequantized as F16
	Embeddings string // type of the embedding: "f32", "f16" or "q8_0"
	Vocabulary tokenizer.Vocabulary
	EndOfText  int // token that ends a text; negative is none
}

// Numbers that llama.cpp gives to files by the type of most of their tensors
// (enum llama_ftype of its llama.h).
const (
	fileTypeF16  = 1
	fileTypeQ2_0 = 41
)

// WriteGGUF writes an export as a GGUF file that llama.cpp runs, whole or not at
// all. Codes and scales stay as they are; so do norms and biases, as F32. F16
// holds dequantized weights exactly, too, for they are fp16 scales or 0. What
// does round is the embedding, unless it stays F32.
func WriteGGUF(path string, export Export, options GGUFOptions) error {
	content, err := export.gguf(options)
	if err != nil {
		return fmt.Errorf("write GGUF file: %w", err)
	}
	if err := writeFile(path, content.write); err != nil {
		return fmt.Errorf("write GGUF file: %w", err)
	}
	return nil
}

func (e Export) gguf(options GGUFOptions) (*ggufContent, error) {
	content := &ggufContent{}
	e.describe(content, options)
	if err := describeVocabulary(content, options, e.Config.VocabSize); err != nil {
		return nil, err
	}
	names := ggufNames()
	for _, tensor := range e.Config.Tensors() {
		name := names.Replace(tensor.Name)
		switch {
		case tensor.Linear:
			if err := e.addLayer(content, tensor, options.Ternary); err != nil {
				return nil, err
			}
		case tensor.Name == llama.Embedding:
			embedding, err := embeddingArray(options.Embeddings, e.Dense[tensor.Name], tensor.Shape)
			if err != nil {
				return nil, err
			}
			content.add(name, embedding)
		default:
			content.add(name, float32Array(e.Dense[tensor.Name], tensor.Shape...))
		}
	}
	return content, content.check()
}

// describe writes the architecture.
func (e Export) describe(content *ggufContent, options GGUFOptions) {
	config, fileType := e.Config, fileTypeF16
	if options.Ternary {
		fileType = fileTypeQ2_0
	}
	content.set("general.architecture", ggufString("llama"))
	content.set("general.type", ggufString("model"))
	content.set("general.name", ggufString(options.Name))
	content.set("general.file_type", ggufUint(fileType))
	content.set("general.quantization_version", ggufUint(2))
	content.set("llama.block_count", ggufUint(config.NumHiddenLayers))
	content.set("llama.context_length", ggufUint(config.MaxPositionEmbeddings))
	content.set("llama.embedding_length", ggufUint(config.HiddenSize))
	content.set("llama.feed_forward_length", ggufUint(config.IntermediateSize))
	content.set("llama.attention.head_count", ggufUint(config.NumAttentionHeads))
	content.set("llama.attention.head_count_kv", ggufUint(config.NumKeyValueHeads))
	content.set("llama.attention.layer_norm_rms_epsilon", ggufFloat(config.RMSNormEps))
	content.set("llama.rope.freq_base", ggufFloat(config.RopeTheta))
	content.set("llama.rope.dimension_count", ggufUint(config.HeadDim()))
	content.set("llama.vocab_size", ggufUint(config.VocabSize))
}

// describeVocabulary writes the tokenizer, filled up to the model's vocabulary.
func describeVocabulary(content *ggufContent, options GGUFOptions, size int) error {
	vocabulary := options.Vocabulary
	if len(vocabulary.Tokens) == 0 || len(vocabulary.Tokens) > size {
		return fmt.Errorf("the tokenizer has %d tokens, the model's vocabulary %d", len(vocabulary.Tokens), size)
	}
	var texts []string
	var types []int32
	for _, token := range vocabulary.Tokens {
		texts, types = append(texts, token.Text), append(types, tokenType(token.Kind))
	}
	for id := len(texts); id < size; id++ {
		texts, types = append(texts, fmt.Sprintf("<unused %d>", id)), append(types, tokenType(tokenizer.Unused))
	}
	split := "gpt-2"
	if vocabulary.Digits {
		split = "smollm"
	}
	content.set("tokenizer.ggml.model", ggufString("gpt2"))
	content.set("tokenizer.ggml.pre", ggufString(split))
	content.set("tokenizer.ggml.tokens", ggufStrings(texts))
	content.set("tokenizer.ggml.token_type", ggufInts(types))
	content.set("tokenizer.ggml.merges", ggufStrings(vocabulary.Merges))
	content.set("tokenizer.ggml.add_bos_token", ggufBool(false))
	content.set("tokenizer.ggml.add_space_prefix", ggufBool(false))
	if options.EndOfText >= 0 {
		content.set("tokenizer.ggml.bos_token_id", ggufUint(options.EndOfText))
		content.set("tokenizer.ggml.eos_token_id", ggufUint(options.EndOfText))
	}
	return nil
}

// addLayer adds a linear layer's weight and, where there is one, its bias.
func (e Export) addLayer(content *ggufContent, tensor llama.Tensor, ternary bool) error {
	layer := e.Layers[tensor.Name]
	if heads := permutedHeads(e.Config, tensor.Name); heads > 0 {
		layer = layer.permuted(heads)
	}
	name := ggufNames().Replace(tensor.Name)
	if ternary {
		if size := layer.GroupSize(); size%q2Values != 0 {
			return fmt.Errorf("layer %s has groups of %d weights, and Q2_0 a scale for every %d; format gguf-f16 holds any group size",
				tensor.Name, size, q2Values)
		}
		content.add(name, q2Array(layer))
	} else {
		content.add(name, float16Array(layer.Dequantize(), layer.Out, layer.In))
	}
	if layer.Bias != nil {
		content.add(ggufBias(name), float32Array(layer.Bias, layer.Out))
	}
	return nil
}

func embeddingArray(kind string, values []float32, shape []int) (array, error) {
	switch kind {
	case "f32":
		return float32Array(values, shape...), nil
	case "f16":
		if err := checkFinite(roundHalves(values), 0); err != nil {
			return array{}, errors.New("an embedding is too large for F16; use F32 embeddings")
		}
		return float16Array(values, shape...), nil
	case "q8_0":
		return q8Array(values, shape...), nil
	}
	return array{}, fmt.Errorf("embeddings are %q, want f32, f16 or q8_0", kind)
}

// permuted is a query or key projection with its rows in the order of a GGUF
// file.
func (t Ternary) permuted(heads int) Ternary {
	t.Codes, t.Scales = slices.Clone(t.Codes), slices.Clone(t.Scales)
	permute(t.Codes, heads, t.In)
	permute(t.Scales, heads, len(t.Scales)/t.Out)
	if t.Bias != nil {
		t.Bias = slices.Clone(t.Bias)
		permute(t.Bias, heads, 1)
	}
	return t
}

// permutedHeads is the number of heads whose rows a GGUF file has in another
// order than Hugging Face; 0 for layers whose rows stay.
func permutedHeads(config llama.Config, name string) int {
	switch {
	case strings.HasSuffix(name, ".q_proj.weight"):
		return config.NumAttentionHeads
	case strings.HasSuffix(name, ".k_proj.weight"):
		return config.NumKeyValueHeads
	}
	return 0
}
