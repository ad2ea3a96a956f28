package checkpoint

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/trainer/llama"
)

// Names of the files in a model folder.
const (
	configFile  = "config.json"
	weightsFile = "model.safetensors"
)

// Model is a Llama in float32: its weights by tensor name, row-major.
type Model struct {
	Config  llama.Config
	Weights map[string][]float32
	Biases  map[string][]float32 // of linear layers, by the weight's name; nil for most Llamas
	// Quantized are the GGUF types that its linear layers were quantized to, such
	// as Q4_1 or Q2_0; none for a full-precision model.
	Quantized []string
}

// ReadModel reads a model folder, whose weights may lie in one file or several.
// Every tensor of the architecture must be there in its shape, finite, and no
// other, but for two that some writers add: an output head that is the
// embedding again, and the rotary frequencies of old Llamas.
func ReadModel(folder fs.FS) (Model, error) {
	config, err := ReadConfig(folder)
	if err != nil {
		return Model{}, err
	}
	weights, err := openWeights(folder, maxTensors(config))
	if err != nil {
		return Model{}, err
	}
	defer weights.close()
	model := Model{Config: config, Weights: map[string][]float32{}}
	for _, tensor := range config.Tensors() {
		if model.Weights[tensor.Name], err = weights.takeFloats(tensor.Name, tensor.Shape...); err != nil {
			return Model{}, fmt.Errorf("read model: %w", err)
		}
	}
	if err := weights.dropHead(model); err != nil {
		return Model{}, fmt.Errorf("read model: %w", err)
	}
	weights.dropFrequencies()
	if err := weights.nothingLeft(); err != nil {
		return Model{}, fmt.Errorf("read model: %w", err)
	}
	return model, nil
}

// head is the tensor of an output head of its own.
const head = "lm_head.weight"

// dropHead takes an output head, which must be the embedding: models with
// another one compute other logits.
func (w *weights) dropHead(model Model) error {
	if _, found := w.arrays[head]; !found {
		return nil
	}
	tensor, err := w.take(head, model.Config.VocabSize, model.Config.HiddenSize)
	if err != nil {
		return err
	}
	if err := tensor.equal(model.Weights[llama.Embedding]); err != nil {
		return fmt.Errorf("tensor %s: differs from the embedding, and only models with tied embeddings are supported: %w", head, err)
	}
	return nil
}

// dropFrequencies takes the rotary frequencies that old versions of
// transformers wrote; they follow from the config.
func (w *weights) dropFrequencies() {
	maps.DeleteFunc(w.arrays, func(name string, _ stored) bool {
		return strings.HasSuffix(name, ".self_attn.rotary_emb.inv_freq")
	})
}

// WriteModel writes a model folder, making it where needed.
func WriteModel(folder string, model Model) error {
	arrays := map[string]array{}
	for _, tensor := range model.Config.Tensors() {
		arrays[tensor.Name] = float32Array(model.Weights[tensor.Name], tensor.Shape...)
	}
	return writeFolder(folder, model.Config, arrays)
}

// ReadConfig reads the architecture of a model folder.
func ReadConfig(folder fs.FS) (llama.Config, error) {
	data, err := readSmall(folder, configFile, maxJSON)
	if err != nil {
		return llama.Config{}, fmt.Errorf("read model config: %w", err)
	}
	return llama.ParseConfig(data)
}

func writeFolder(folder string, config any, arrays map[string]array) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make model folder: %w", err)
	}
	data, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return fmt.Errorf("encode model config: %w", err)
	}
	if err := renameio.WriteFile(filepath.Join(folder, configFile), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write model config: %w", err)
	}
	return writeSafetensors(filepath.Join(folder, weightsFile), arrays)
}
