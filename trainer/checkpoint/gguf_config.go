package checkpoint

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gomlx/go-huggingface/models/gguf"

	"github.com/ternlab/ternlab/trainer/llama"
)

// config reads the architecture from the file's metadata, which must describe
// a Llama of the kind that package llama builds.
func (g *ggufFile) config() (llama.Config, error) {
	if architecture := g.Architecture(); architecture != "llama" {
		return llama.Config{}, fmt.Errorf("general.architecture is %q, want \"llama\"", architecture)
	}
	embedding, found := g.GetTensorInfo(ggufEmbedding)
	if !found || len(embedding.Shape) != 2 {
		return llama.Config{}, fmt.Errorf("tensor %s [vocabulary, hidden] is missing", ggufEmbedding)
	}
	m := metadata{file: g}
	heads := m.integer("llama.attention.head_count")
	config := llama.Config{
		ModelType:             "llama",
		HiddenSize:            m.integer("llama.embedding_length"),
		IntermediateSize:      m.integer("llama.feed_forward_length"),
		NumHiddenLayers:       m.integer("llama.block_count"),
		NumAttentionHeads:     heads,
		NumKeyValueHeads:      m.integerOr("llama.attention.head_count_kv", heads),
		VocabSize:             int(embedding.Shape[1]),
		MaxPositionEmbeddings: m.integer("llama.context_length"),
		RopeTheta:             m.numberOr("llama.rope.freq_base", 10000),
		RMSNormEps:            m.number("llama.attention.layer_norm_rms_epsilon"),
		TieWordEmbeddings:     true,
	}
	if m.err != nil {
		return llama.Config{}, m.err
	}
	if config.NumHiddenLayers > len(g.TensorInfos) {
		return llama.Config{}, fmt.Errorf("llama.block_count is %d, but there are only %d tensors", config.NumHiddenLayers, len(g.TensorInfos))
	}
	if err := config.Validate(); err != nil {
		return llama.Config{}, err
	}
	m.checkVariants(config)
	return config, m.err
}

// checkVariants refuses what asks for another network.
func (m *metadata) checkVariants(config llama.Config) {
	for _, key := range []string{"llama.rope.dimension_count", "llama.attention.key_length", "llama.attention.value_length"} {
		if got := m.integerOr(key, config.HeadDim()); got != config.HeadDim() {
			m.fail("%s is %d, want the heads' width, %d", key, got, config.HeadDim())
		}
	}
	if experts := m.integerOr("llama.expert_count", 0); experts != 0 {
		m.fail("llama.expert_count is %d; mixtures of experts are not supported", experts)
	}
	if scaling, found := m.file.GetKeyValue("llama.rope.scaling.type"); found && scaling.String() != "none" {
		m.fail("llama.rope.scaling.type is %s; only plain rotary embeddings are supported", brief(scaling.Value))
	}
}

// metadata reads values by key and keeps the first error.
type metadata struct {
	file *ggufFile
	err  error
}

func (m *metadata) fail(format string, arguments ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, arguments...)
	}
}

// integer is a value that must be there.
func (m *metadata) integer(key string) int {
	if _, found := m.file.GetKeyValue(key); !found {
		m.fail("%s is missing", key)
	}
	return m.integerOr(key, 0)
}

// integerOr is a value of any integer type, or the standard where there is none.
func (m *metadata) integerOr(key string, standard int) int {
	value, found := m.file.GetKeyValue(key)
	if !found {
		return standard
	}
	switch value.Raw().(type) {
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		if n := value.Int64(); n >= 0 && n <= math.MaxInt32 {
			return int(n)
		}
	}
	m.fail("%s is %s, want an integer from 0 to %d", key, brief(value.Value), math.MaxInt32)
	return standard
}

// number is a value that must be there.
func (m *metadata) number(key string) float64 {
	if _, found := m.file.GetKeyValue(key); !found {
		m.fail("%s is missing", key)
	}
	return m.numberOr(key, 0)
}

// numberOr is a floating-point value, or the standard where there is none. A
// float32 is taken as the shortest decimal number that it stands for, 1e-05
// rather than 9.999999747378752e-06, as config.json would have it.
func (m *metadata) numberOr(key string, standard float64) float64 {
	value, found := m.file.GetKeyValue(key)
	if !found {
		return standard
	}
	switch n := value.Raw().(type) {
	case float32:
		decimal, err := strconv.ParseFloat(strconv.FormatFloat(float64(n), 'g', -1, 32), 64)
		if err == nil && !math.IsNaN(decimal) && !math.IsInf(decimal, 0) {
			return decimal
		}
	case float64:
		if !math.IsNaN(n) && !math.IsInf(n, 0) {
			return n
		}
	}
	m.fail("%s is %s, want a finite number", key, brief(value.Value))
	return standard
}

// brief writes a value for an error; arrays may be long.
func brief(value gguf.Value) string {
	text := fmt.Sprintf("%v", value.Raw())
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}
