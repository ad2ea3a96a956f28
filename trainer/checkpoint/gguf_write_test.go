package checkpoint

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// The bytes are those that ggml writes; see testdata/gguf_blocks.py.
func TestBlocksAreThoseOfGGML(t *testing.T) {
	var golden struct {
		Codes          []int8
		Scales, Values []float32
		Q2, Q8, Any    string
		AnyValues      []float32 `json:"any_values"`
	}
	data, err := os.ReadFile("testdata/gguf_blocks.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	layer := Ternary{Out: 1, In: 192, Codes: golden.Codes, Scales: golden.Scales}
	for _, test := range []struct {
		name, want string
		array      array
	}{
		{"Q2_0", golden.Q2, q2Array(layer)},
		{"Q8_0", golden.Q8, q8Array(golden.Values, 96)},
	} {
		var got bytes.Buffer
		if err := test.array.write(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, hex.EncodeToString(got.Bytes())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	blocks, err := hex.DecodeString(golden.Any)
	if err != nil {
		t.Fatal(err)
	}
	got, err := q2Floats(io.NewSectionReader(bytes.NewReader(blocks), 0, int64(len(blocks))))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(golden.AnyValues, got); diff != "" {
		t.Errorf("values read from Q2_0 (-want +got):\n%s", diff)
	}
}

// shippable is an export of a tiny model whose every value differs from its
// neighbours; groups of 128 where the rows allow it.
func shippable(biases bool) Export {
	export := tinyExport()
	export.Activations.Bits = 16
	number := 0
	next := func() float32 { number++; return float32(math.Sin(float64(number))) }
	for _, tensor := range export.Config.Tensors() {
		if !tensor.Linear {
			for i := range export.Dense[tensor.Name] {
				export.Dense[tensor.Name][i] = next()
			}
			continue
		}
		layer := export.Layers[tensor.Name]
		layer.Scales = make([]float32, layer.Out)
		for i := range layer.Scales {
			layer.Scales[i] = next()*next() + 1
		}
		layer.Scales, layer.Bias = RoundScales(layer.Scales), nil
		if biases {
			layer.Bias = make([]float32, layer.Out)
			for i := range layer.Bias {
				layer.Bias[i] = next()
			}
		}
		for i := range layer.Codes {
			layer.Codes[i] = int8(math.Round(float64(next())))
		}
		export.Layers[tensor.Name] = layer
	}
	return export
}

func options(ternary bool) GGUFOptions {
	tokens := []tokenizer.Token{{Text: "<|endoftext|>", Kind: tokenizer.Special}}
	for _, text := range []string{"a", "b", "Ġ", "ab", "Ġab"} {
		tokens = append(tokens, tokenizer.Token{Text: text})
	}
	return GGUFOptions{
		Name: "tiny", Ternary: ternary, Embeddings: "f32", EndOfText: 0,
		Vocabulary: tokenizer.Vocabulary{Tokens: tokens, Merges: []string{"a b", "Ġ ab"}, Digits: true},
	}
}

func TestGGUFHoldsTheExport(t *testing.T) {
	for _, biases := range []bool{false, true} {
		for _, ternary := range []bool{false, true} {
			export, path := shippable(biases), filepath.Join(t.TempDir(), "x.gguf")
			if err := WriteGGUF(path, export, options(ternary)); err != nil {
				t.Fatal(err)
			}
			got, err := ReadGGUF(path)
			if err != nil {
				t.Fatal(err)
			}
			want := Model{Config: export.Config, Weights: map[string][]float32{}}
			if biases {
				want.Biases = map[string][]float32{}
			}
			if ternary {
				want.Quantized = []string{"Q2_0"}
			}
			for name, values := range export.Dense {
				want.Weights[name] = values
			}
			for name, layer := range export.Layers {
				want.Weights[name] = layer.Dequantize()
				if biases {
					want.Biases[name] = layer.Bias
				}
			}
			if diff := cmp.Diff(want, got); diff != "" { // to the last bit
				t.Errorf("ternary %v, biases %v (-want +got):\n%.1000s", ternary, biases, diff)
			}
			vocabulary, err := ReadGGUFVocabulary(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(options(ternary).Vocabulary.Tokens, vocabulary.Tokens[:6]); diff != "" || len(vocabulary.Tokens) != 11 || !vocabulary.Digits {
				t.Errorf("vocabulary is %+v", vocabulary)
			}
		}
	}
}

func TestEmbeddingsAreRounded(t *testing.T) {
	for kind, tolerance := range map[string]float64{"f16": 1.0 / 2048, "q8_0": 1.0 / 240} { // half a unit of values up to 1, and the scale's own rounding
		export, path, o := shippable(false), filepath.Join(t.TempDir(), "x.gguf"), options(true)
		o.Embeddings = kind
		if err := WriteGGUF(path, export, o); err != nil {
			t.Fatal(err)
		}
		got, err := ReadGGUF(path)
		if err != nil {
			t.Fatal(err)
		}
		var worst float64
		for i, want := range export.Dense[llama.Embedding] {
			worst = max(worst, math.Abs(float64(got.Weights[llama.Embedding][i]-want)))
		}
		if worst == 0 || worst > tolerance {
			t.Errorf("%s embeddings are off by up to %g, want 0 to %g", kind, worst, tolerance)
		}
	}
}

func TestWriteGGUFRefuses(t *testing.T) {
	for _, test := range []struct {
		name, want string
		change     func(e *Export, o *GGUFOptions)
	}{
		{"groups of 32", "groups of 32 weights, and Q2_0 a scale for every 64; format gguf-f16", func(e *Export, _ *GGUFOptions) {
			layer := e.Layers["model.layers.0.mlp.up_proj.weight"]
			layer.Scales = append(layer.Scales, layer.Scales...)
			e.Layers["model.layers.0.mlp.up_proj.weight"] = layer
		}},
		{"other embeddings", `embeddings are "q4", want f32, f16 or q8_0`, func(_ *Export, o *GGUFOptions) { o.Embeddings = "q4" }},
		{"huge embeddings", "too large for F16", func(e *Export, o *GGUFOptions) {
			e.Dense[llama.Embedding][3], o.Embeddings = 1e6, "f16"
		}},
		{"too many tokens", "the tokenizer has 6 tokens, the model's vocabulary 5", func(e *Export, _ *GGUFOptions) { e.Config.VocabSize = 5 }},
	} {
		export, o, path := shippable(false), options(true), filepath.Join(t.TempDir(), "x.gguf")
		test.change(&export, &o)
		if err := WriteGGUF(path, export, o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want one with %q", test.name, err, test.want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was left", test.name)
		}
	}
}
