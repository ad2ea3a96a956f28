package llama_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// tiny is a random model that transformers wrote, so reading it is tested too.
func tiny(t *testing.T) checkpoint.Model {
	t.Helper()
	tiny, err := checkpoint.ReadModel(os.DirFS("../testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	return tiny
}

// logits runs the network on tokens [batch, seq].
func logits(t *testing.T, m checkpoint.Model, tokens [][]int32) []float32 {
	t.Helper()
	backend, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	for _, tensor := range m.Config.Tensors() {
		value := tensors.FromFlatDataAndDimensions(m.Weights[tensor.Name], tensor.Shape...)
		if _, err := store.RootScope().CreateVariable(tensor.Name, value); err != nil {
			t.Fatal(err)
		}
	}
	output, err := model.CallOnce(backend, store, func(scope *model.Scope, tokens *graph.Node) *graph.Node {
		weights := func(name string) *graph.Node { return scope.GetVariable(name).NodeValue(tokens.Graph()) }
		return m.Config.Logits(weights, llama.Dense, tokens)
	}, tokens)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](output)
}

func TestLogitsAgreeWithTransformers(t *testing.T) {
	quantized, err := checkpoint.ReadGGUF("../checkpoint/testdata/tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		golden string
		model  checkpoint.Model
	}{
		{"testdata/logits.json", tiny(t)},
		{"testdata/gguf_logits.json", quantized}, // on the same dequantized weights
	} {
		var golden struct {
			Tokens [][]int32
			Logits []float64
		}
		data, err := os.ReadFile(test.golden)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &golden); err != nil {
			t.Fatal(err)
		}
		got := logits(t, test.model, golden.Tokens)
		if len(got) != len(golden.Logits) {
			t.Fatalf("%s: got %d logits, want %d", test.golden, len(got), len(golden.Logits))
		}
		// float32 sums of 64 to 128 products in another order: a few units of the
		// seventh digit of logits of size 1.
		const tolerance = 2e-6
		for i, want := range golden.Logits {
			if math.Abs(float64(got[i])-want) > tolerance {
				t.Errorf("%s: logit %d is %v, want %v", test.golden, i, got[i], want)
				break
			}
		}
	}
}

func TestLogitsDependOnThePastOnly(t *testing.T) {
	m := tiny(t)
	before := logits(t, m, [][]int32{{5, 6, 7, 8, 9, 10}})
	after := logits(t, m, [][]int32{{5, 6, 7, 8, 40, 41}})
	vocab := m.Config.VocabSize
	for i := range 4 * vocab {
		if before[i] != after[i] {
			t.Fatalf("logit %d at position %d changed with a later token: %v, %v", i%vocab, i/vocab, before[i], after[i])
		}
	}
	if before[4*vocab] == after[4*vocab] {
		t.Fatal("logits at a changed token did not change")
	}
}

func TestParseConfig(t *testing.T) {
	const smol = `{"model_type":"llama","hidden_size":576,"intermediate_size":1536,"num_hidden_layers":30,
		"num_attention_heads":9,"num_key_value_heads":3,"vocab_size":49152,"max_position_embeddings":2048,
		"rope_theta":10000.0,"rms_norm_eps":1e-05,"tie_word_embeddings":true,"hidden_act":"silu"}`
	config, err := llama.ParseConfig([]byte(smol))
	if err != nil {
		t.Fatal(err)
	}
	if got := config.NumParameters(); got != 134_515_008 { // the count that Hugging Face gives for SmolLM-135M
		t.Errorf("SmolLM-135M has %d parameters, want 134515008", got)
	}
	if got := len(config.Linears()); got != 210 {
		t.Errorf("SmolLM-135M has %d linear layers, want 210", got)
	}
	for _, test := range []struct{ from, to, want string }{
		{`"llama"`, `"gpt2"`, "model_type"},
		{`576`, `0`, "hidden_size"},
		{`"num_attention_heads":9`, `"num_attention_heads":7`, "does not split"},
		{`"num_key_value_heads":3`, `"num_key_value_heads":2`, "share"},
		{`"tie_word_embeddings":true`, `"tie_word_embeddings":false`, "tie_word_embeddings"},
		{`10000.0`, `-1`, "rope_theta"},
		{`"silu"`, `"gelu"`, "hidden_act"},
		{`"hidden_act"`, `"attention_bias":true,"hidden_act"`, "attention_bias"},
		{`"hidden_act"`, `"rope_scaling":{"factor":2},"hidden_act"`, "rope_scaling"},
		{`{`, `[`, "parse"},
	} {
		if _, err := llama.ParseConfig([]byte(strings.Replace(smol, test.from, test.to, 1))); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("config with %s: error %v, want one about %s", test.to, err, test.want)
		}
	}
}
