package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/trainer/llama"
)

// Ternary is one linear layer as it ships: weight[o][i] = code · scale of its
// group, groups being runs of In/groups neighbours within a row.
type Ternary struct {
	Out, In int
	Codes   []int8    // [out, in], each -1, 0 or +1
	Scales  []float32 // [out, in/group size], rounded to fp16 when written
	Bias    []float32 // [out], or nil for none
	Inputs  []float32 // [in], what 1 is of each input's integers; nil unless [Activations] are PerChannel
}

// GroupSize is the number of neighbouring weights that share a scale.
func (t Ternary) GroupSize() int { return t.Out * t.In / len(t.Scales) }

// Dequantize multiplies codes and scales: weights [out, in].
func (t Ternary) Dequantize() []float32 {
	group := t.GroupSize()
	weights := make([]float32, len(t.Codes))
	for i, code := range t.Codes {
		weights[i] = float32(code) * t.Scales[i/group]
	}
	return weights
}

// Export is a trained model whose linear layers are ternary.
type Export struct {
	Config      llama.Config
	Activations Activations
	Layers      map[string]Ternary   // by the weight's name
	Dense       map[string][]float32 // embeddings and norms by tensor name
}

// exportConfig is an export's config.json.
type exportConfig struct {
	llama.Config
	Quantization *quantizationConfig `json:"quantization_config,omitempty"`
}

const quantMethod = "ternlab"

// IsExport says whether a model folder holds an export rather than a
// full-precision model.
func IsExport(folder fs.FS) (bool, error) {
	quantization, err := readQuantization(folder)
	return quantization != nil, err
}

// WriteExport writes an export, making its folder where needed.
func WriteExport(folder string, export Export) error {
	arrays := map[string]array{}
	for _, tensor := range export.Config.Tensors() {
		if !tensor.Linear {
			arrays[tensor.Name] = float32Array(export.Dense[tensor.Name], tensor.Shape...)
			continue
		}
		layer, found := export.Layers[tensor.Name]
		if !found || len(layer.Scales) == 0 {
			return fmt.Errorf("write export: layer %s has no codes or scales", tensor.Name)
		}
		name := strings.TrimSuffix(tensor.Name, ".weight")
		arrays[name+".codes"] = codeArray(layer.Codes, layer.Out, layer.In)
		arrays[name+".scales"] = float16Array(layer.Scales, layer.Out, len(layer.Scales)/layer.Out)
		if layer.Bias != nil {
			arrays[name+".bias"] = float32Array(layer.Bias, layer.Out)
		}
		if export.Activations.PerChannel {
			arrays[name+inputScales] = float32Array(layer.Inputs, layer.In)
		}
	}
	config := exportConfig{export.Config, export.Activations.config()}
	return writeFolder(folder, config, arrays)
}

// ReadExport reads an export and refuses, with the reason, whatever isn't a
// ternary model of exactly the given architecture: other configs, codes outside
// {-1, 0, +1}, wrong types, shapes or group sizes, missing or extra tensors,
// non-finite or negative scales, files that are truncated, larger than the
// architecture needs, or no export's. How large its values may be is for [Bounds].
func ReadExport(folder fs.FS, architecture llama.Config) (Export, error) {
	config, err := ReadConfig(folder)
	if err != nil {
		return Export{}, err
	}
	if config != architecture {
		return Export{}, fmt.Errorf("read export: its config.json describes another model than the run's")
	}
	quantization, err := readQuantization(folder)
	if err != nil {
		return Export{}, err
	}
	if quantization == nil {
		return Export{}, fmt.Errorf("read export: config.json has no quantization_config, so this is not a ternary model")
	}
	if err := errors.Join(checkFiles(folder), checkExportSize(folder, config)); err != nil {
		return Export{}, fmt.Errorf("read export: %w", err)
	}
	weights, err := openWeights(folder, maxTensors(config))
	if err != nil {
		return Export{}, err
	}
	defer weights.close()
	export, err := weights.takeExport(config, quantization.activations())
	if err != nil {
		return Export{}, fmt.Errorf("read export: %w", err)
	}
	return export, nil
}

func (w *weights) takeExport(config llama.Config, activations Activations) (Export, error) {
	export := Export{Config: config, Activations: activations, Layers: map[string]Ternary{}, Dense: map[string][]float32{}}
	for _, tensor := range config.Tensors() {
		var err error
		if tensor.Linear {
			export.Layers[tensor.Name], err = w.takeTernary(tensor, activations)
		} else {
			export.Dense[tensor.Name], err = w.takeExactly("F32", tensor.Name, tensor.Shape...)
		}
		if err != nil {
			return Export{}, err
		}
	}
	return export, w.nothingLeft()
}

func (w *weights) takeTernary(tensor llama.Tensor, activations Activations) (Ternary, error) {
	name := strings.TrimSuffix(tensor.Name, ".weight")
	out, in := tensor.Shape[0], tensor.Shape[1]
	layer := Ternary{Out: out, In: in}
	codes, err := w.take(name+".codes", out, in)
	if err != nil {
		return Ternary{}, err
	}
	if layer.Codes, err = codes.codes(); err != nil {
		return Ternary{}, fmt.Errorf("tensor %s.codes: %w", name, err)
	}
	if layer.Scales, err = w.takeScales(name+".scales", out, in); err != nil {
		return Ternary{}, err
	}
	if _, found := w.arrays[name+".bias"]; found {
		if layer.Bias, err = w.takeExactly("F32", name+".bias", out); err != nil {
			return Ternary{}, err
		}
	}
	if activations.PerChannel {
		layer.Inputs, err = w.takeInputScales(name+inputScales, in)
	}
	return layer, err
}

// smallestGroup is the fewest neighbours that may share a scale, in rows that are
// longer.
const smallestGroup = 64

// takeScales accepts the group sizes that count as ternary. Smaller groups would
// smuggle full-precision weights in as scales: with groups of one, every weight
// is its own scale.
func (w *weights) takeScales(name string, out, in int) ([]float32, error) {
	shape := w.arrays[name].shape
	if len(shape) != 2 || shape[1] <= 0 || in%shape[1] != 0 {
		return nil, fmt.Errorf("tensor %s: missing, or its shape %v is not [out, groups] with groups dividing a row of %d", name, shape, in)
	}
	if size := in / shape[1]; !slices.Contains([]int{smallestGroup, 128, 256, in}, size) {
		return nil, fmt.Errorf("tensor %s: group size is %d, want 64, 128, 256 or a whole row (%d)", name, size, in)
	}
	scales, err := w.takeExactly("F16", name, out, shape[1])
	if err != nil {
		return nil, err
	}
	for i, scale := range scales {
		if math.Signbit(float64(scale)) { // also of -0, whose sign nothing needs
			return nil, fmt.Errorf("tensor %s: scale %d is %g, want 0 or more", name, i, scale)
		}
	}
	return scales, nil
}

// takeExactly takes a tensor that is stored in no other type: what an export holds
// is counted in bits ([Bits]).
func (w *weights) takeExactly(dtype, name string, shape ...int) ([]float32, error) {
	if tensor, found := w.arrays[name]; found && tensor.dtype != dtype {
		return nil, fmt.Errorf("tensor %s: dtype is %s, want %s", name, tensor.dtype, dtype)
	}
	return w.takeFloats(name, shape...)
}
