package llama

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Config is the part of a Hugging Face config.json that a Llama needs.
type Config struct {
	ModelType             string  `json:"model_type"`
	HiddenSize            int     `json:"hidden_size"`
	IntermediateSize      int     `json:"intermediate_size"`
	NumHiddenLayers       int     `json:"num_hidden_layers"`
	NumAttentionHeads     int     `json:"num_attention_heads"`
	NumKeyValueHeads      int     `json:"num_key_value_heads"`
	VocabSize             int     `json:"vocab_size"`
	MaxPositionEmbeddings int     `json:"max_position_embeddings"`
	RopeTheta             float64 `json:"rope_theta"`
	RMSNormEps            float64 `json:"rms_norm_eps"`
	TieWordEmbeddings     bool    `json:"tie_word_embeddings"`
}

// ParseConfig reads the contents of a config.json and checks them.
func ParseConfig(data []byte) (Config, error) {
	file := struct {
		Config
		variants
	}{variants: variants{HiddenAct: "silu"}}
	if err := json.Unmarshal(data, &file); err != nil {
		return Config{}, fmt.Errorf("parse model config: %w", err)
	}
	if file.RopeTheta == 0 { // transformers 5 writes it one level deeper
		file.RopeTheta = file.Rope.Theta
	}
	if err := errors.Join(file.Validate(), file.check(file.Config)); err != nil {
		return Config{}, fmt.Errorf("check model config: %w", err)
	}
	return file.Config, nil
}

// variants are fields of config.json that may ask for another network than
// this package builds.
type variants struct {
	HiddenAct     string `json:"hidden_act"`
	HeadDim       int    `json:"head_dim"`
	AttentionBias bool   `json:"attention_bias"`
	MLPBias       bool   `json:"mlp_bias"`
	RopeScaling   any    `json:"rope_scaling"`
	Rope          struct {
		Theta float64 `json:"rope_theta"`
		Type  string  `json:"rope_type"`
	} `json:"rope_parameters"`
}

func (v variants) check(c Config) error {
	switch {
	case v.HiddenAct != "silu":
		return fmt.Errorf("hidden_act is %q, want \"silu\"", v.HiddenAct)
	case v.HeadDim != 0 && c.NumAttentionHeads > 0 && v.HeadDim != c.HeadDim():
		return fmt.Errorf("head_dim is %d, want hidden_size / num_attention_heads", v.HeadDim)
	case v.AttentionBias || v.MLPBias:
		return errors.New("attention_bias or mlp_bias is true; linear layers with biases are not supported")
	case v.RopeScaling != nil || (v.Rope.Type != "" && v.Rope.Type != "default"):
		return errors.New("rope_scaling is set; only plain rotary embeddings are supported")
	}
	return nil
}

// HeadDim is the width of one attention head.
func (c Config) HeadDim() int { return c.HiddenSize / c.NumAttentionHeads }

// No Llama is larger than this in any direction; a config that says so is a mistake,
// or meant to take memory.
const (
	largest    = 1 << 24
	mostLayers = 1 << 12
)

// Validate says what of the config is impossible or not supported.
func (c Config) Validate() error {
	if c.ModelType != "llama" {
		return fmt.Errorf("model_type is %q, want \"llama\"", c.ModelType)
	}
	for _, field := range []struct {
		name  string
		value int
	}{
		{"hidden_size", c.HiddenSize},
		{"intermediate_size", c.IntermediateSize},
		{"num_hidden_layers", c.NumHiddenLayers},
		{"num_attention_heads", c.NumAttentionHeads},
		{"num_key_value_heads", c.NumKeyValueHeads},
		{"vocab_size", c.VocabSize},
		{"max_position_embeddings", c.MaxPositionEmbeddings},
	} {
		if field.value <= 0 || field.value > largest {
			return fmt.Errorf("%s is %d, want a positive number up to %d", field.name, field.value, largest)
		}
	}
	switch {
	case c.NumHiddenLayers > mostLayers:
		return fmt.Errorf("num_hidden_layers is %d, want at most %d", c.NumHiddenLayers, mostLayers)
	case c.HiddenSize%c.NumAttentionHeads != 0 || c.HeadDim()%2 != 0:
		return fmt.Errorf("hidden_size %d does not split into %d heads of even width", c.HiddenSize, c.NumAttentionHeads)
	case c.NumAttentionHeads%c.NumKeyValueHeads != 0:
		return fmt.Errorf("%d attention heads do not share %d key/value heads evenly", c.NumAttentionHeads, c.NumKeyValueHeads)
	case !c.TieWordEmbeddings:
		return fmt.Errorf("tie_word_embeddings is false; only models whose output head is the embedding are supported")
	case c.RopeTheta <= 0 || c.RMSNormEps <= 0:
		return fmt.Errorf("rope_theta %g and rms_norm_eps %g must be positive", c.RopeTheta, c.RMSNormEps)
	}
	return nil
}
