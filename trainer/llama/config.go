package llama

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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

// ReadConfig reads config.json from a model folder and checks it.
func ReadConfig(folder string) (Config, error) {
	path := filepath.Join(folder, "config.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read model config: %w", err)
	}
	var config Config
	if err := json.Unmarshal(data, &config); err != nil {
		return Config{}, fmt.Errorf("parse %s: %w", path, err)
	}
	if err := config.validate(); err != nil {
		return Config{}, fmt.Errorf("check %s: %w", path, err)
	}
	return config, nil
}

// HeadDim is the width of one attention head.
func (c Config) HeadDim() int { return c.HiddenSize / c.NumAttentionHeads }

func (c Config) validate() error {
	if c.ModelType != "llama" {
		return fmt.Errorf("model_type is %q, want \"llama\"", c.ModelType)
	}
	for name, value := range map[string]int{
		"hidden_size": c.HiddenSize, "intermediate_size": c.IntermediateSize,
		"num_hidden_layers": c.NumHiddenLayers, "num_attention_heads": c.NumAttentionHeads,
		"num_key_value_heads": c.NumKeyValueHeads, "vocab_size": c.VocabSize,
		"max_position_embeddings": c.MaxPositionEmbeddings,
	} {
		if value <= 0 {
			return fmt.Errorf("%s is %d, want a positive number", name, value)
		}
	}
	switch {
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
