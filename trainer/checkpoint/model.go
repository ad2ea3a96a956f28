package checkpoint

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/trainer/llama"
)

// Names of the files in a model folder.
const (
	configFile  = "config.json"
	weightsFile = "model.safetensors"
)

// Model is a full-precision Llama: its weights by tensor name, row-major.
type Model struct {
	Config  llama.Config
	Weights map[string][]float32
}

// ReadModel reads a model folder. Every tensor of the architecture must be
// there in its shape, finite, and no other.
func ReadModel(folder fs.FS) (Model, error) {
	config, err := readConfig(folder)
	if err != nil {
		return Model{}, err
	}
	arrays, err := readSafetensors(folder, weightsFile)
	if err != nil {
		return Model{}, err
	}
	model := Model{Config: config, Weights: map[string][]float32{}}
	for _, tensor := range config.Tensors() {
		if model.Weights[tensor.Name], err = takeFloats(arrays, tensor.Name, tensor.Shape...); err != nil {
			return Model{}, fmt.Errorf("read model: %w", err)
		}
	}
	if err := nothingLeft(arrays); err != nil {
		return Model{}, fmt.Errorf("read model: %w", err)
	}
	return model, nil
}

// WriteModel writes a model folder, making it where needed.
func WriteModel(folder string, model Model) error {
	arrays := map[string]array{}
	for _, tensor := range model.Config.Tensors() {
		arrays[tensor.Name] = float32Array(model.Weights[tensor.Name], tensor.Shape...)
	}
	return writeFolder(folder, model.Config, arrays)
}

func readConfig(folder fs.FS) (llama.Config, error) {
	data, err := fs.ReadFile(folder, configFile)
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

// take removes a tensor from those not yet accounted for.
func take(arrays map[string]array, name string, shape ...int) (array, error) {
	a, found := arrays[name]
	if !found {
		return array{}, fmt.Errorf("tensor %s is missing", name)
	}
	delete(arrays, name)
	if err := a.hasShape(shape...); err != nil {
		return array{}, fmt.Errorf("tensor %s: %w", name, err)
	}
	return a, nil
}

func takeFloats(arrays map[string]array, name string, shape ...int) ([]float32, error) {
	a, err := take(arrays, name, shape...)
	if err != nil {
		return nil, err
	}
	values, err := a.float32s()
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", name, err)
	}
	return values, nil
}

func nothingLeft(arrays map[string]array) error {
	if len(arrays) > 0 {
		return fmt.Errorf("unexpected tensor %s (and %d more)", slices.Sorted(maps.Keys(arrays))[0], len(arrays)-1)
	}
	return nil
}
