package checkpoint

import (
	"encoding/json"
	"fmt"
	"io/fs"
)

// Activations is how an export's linear layers round their inputs. The zero
// value is no export's.
type Activations struct {
	Bits int // 16: not at all; 8: to integers from -128 to 127
	// PerChannel says, with 8 bits, that each input of a layer has a scale of its
	// own, which training has fixed ([Ternary.Inputs]). Otherwise each token has
	// one, from the token itself: its largest input is 127. A channel's can't be
	// had from a text while it is measured, for that would look at later tokens.
	PerChannel bool
}

// SmallestInput is the size of the largest input down to which scales are taken
// from it: less would be a division by almost 0.
const SmallestInput = 1e-5

// inputScales ends the name of the tensor of a layer's input scales.
const inputScales = ".input_scales"

// Whose scale rounds an input, as config.json has it. An export from before
// there was a choice says nothing, which is perToken.
const (
	perToken   = "token"
	perChannel = "channel"
)

// quantizationConfig is the export's part of config.json.
type quantizationConfig struct {
	Method           string `json:"quant_method"`
	ActivationBits   int    `json:"activation_bits"`
	ActivationScales string `json:"activation_scales,omitempty"`
}

func (a Activations) config() *quantizationConfig {
	config := &quantizationConfig{Method: quantMethod, ActivationBits: a.Bits}
	switch {
	case a.PerChannel:
		config.ActivationScales = perChannel
	case a.Bits == 8:
		config.ActivationScales = perToken
	}
	return config
}

func (q quantizationConfig) activations() Activations {
	return Activations{q.ActivationBits, q.ActivationScales == perChannel}
}

// check refuses what no export can have.
func (q quantizationConfig) check() error {
	switch {
	case q.Method != quantMethod:
		return fmt.Errorf("quant_method is %q, want %q", q.Method, quantMethod)
	case q.ActivationBits != 8 && q.ActivationBits != 16:
		return fmt.Errorf("activation_bits is %d, want 8 or 16", q.ActivationBits)
	case q.ActivationScales != "" && q.ActivationScales != perToken && q.ActivationScales != perChannel:
		return fmt.Errorf("activation_scales is %q, want %q or %q", q.ActivationScales, perToken, perChannel)
	case q.ActivationScales != "" && q.ActivationBits != 8:
		return fmt.Errorf("activation_scales is %q, but activation_bits is %d, which is not quantized", q.ActivationScales, q.ActivationBits)
	}
	return nil
}

// readQuantization is nil for a model that isn't an export.
func readQuantization(folder fs.FS) (*quantizationConfig, error) {
	data, err := readSmall(folder, configFile, maxJSON)
	if err != nil {
		return nil, fmt.Errorf("read model config: %w", err)
	}
	var config exportConfig
	if err := json.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("parse %s: %w", configFile, err)
	}
	if config.Quantization == nil {
		return nil, nil
	}
	if err := config.Quantization.check(); err != nil {
		return nil, fmt.Errorf("read model config: %w", err)
	}
	return config.Quantization, nil
}

// takeInputScales reads the scales [in] of a layer's inputs.
func (w *weights) takeInputScales(name string, in int) ([]float32, error) {
	scales, err := w.takeExactly("F32", name, in)
	if err != nil {
		return nil, err
	}
	for i, scale := range scales {
		if scale <= 0 {
			return nil, fmt.Errorf("tensor %s: scale %d is %g, want more than 0", name, i, scale)
		}
	}
	return scales, nil
}
