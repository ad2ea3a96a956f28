package generate_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/generate"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// rounded is nano as an untrained ternary model with biases.
func rounded(t *testing.T, activations checkpoint.Activations) checkpoint.Export {
	t.Helper()
	nano, err := prepare.Open(prepare.Nano)
	if err != nil {
		t.Fatal(err)
	}
	full, err := nano.Model()
	if err != nil {
		t.Fatal(err)
	}
	export := checkpoint.Export{
		Config: full.Config, Activations: activations,
		Layers: map[string]checkpoint.Ternary{}, Dense: map[string][]float32{},
	}
	for _, tensor := range full.Config.Tensors() {
		values := full.Weights[tensor.Name]
		if !tensor.Linear {
			export.Dense[tensor.Name] = values
			continue
		}
		layer := checkpoint.Ternary{
			Out: tensor.Shape[0], In: tensor.Shape[1], Codes: make([]int8, len(values)),
			Scales: make([]float32, len(values)/64), Bias: make([]float32, tensor.Shape[0]),
		}
		for i := range layer.Scales {
			layer.Scales[i] = 0.0625
		}
		for i, value := range values {
			layer.Codes[i] = int8(max(-1, min(1, math.Round(float64(value/0.0625)))))
		}
		for i := range layer.Bias {
			layer.Bias[i] = values[i] / 8
		}
		if activations.PerChannel {
			layer.Inputs = slices.Repeat([]float32{0.03, 0.05}, layer.In/2)
		}
		export.Layers[tensor.Name] = layer
	}
	return export
}

// Token by token with a cache, the model must say what it says to a whole text:
// no scale of inputs may look at later tokens.
func TestNextSaysWhatTheWholeNetworkSays(t *testing.T) {
	engine, err := backend.Open(backend.Go, 0)
	if err != nil {
		t.Fatal(err)
	}
	tokens := []int32{300, 221, 319, 328, 0, 370, 20, 24, 346, 14, 14, 511}
	for _, activations := range []checkpoint.Activations{{Bits: 16}, {Bits: 8}, {Bits: 8, PerChannel: true}} {
		export := rounded(t, activations)
		network, weights := evaluate.ExportNetwork(export), evaluate.ExportWeights(export)
		store := model.NewStore()
		if err := weights.Store(store); err != nil {
			t.Fatal(err)
		}
		whole, err := model.CallOnce(engine.Backend, store, func(scope *model.Scope, tokens *graph.Node) *graph.Node {
			values := func(name string) *graph.Node { return scope.GetVariable(name).NodeValue(tokens.Graph()) }
			return network.Config.Logits(values, network.Linear(values), tokens)
		}, tensors.FromFlatDataAndDimensions(tokens, 1, len(tokens)))
		if err != nil {
			t.Fatal(err)
		}
		want := tensors.MustCopyFlatData[float32](whole)
		generator, err := generate.New(engine.Backend, network, weights, len(tokens))
		if err != nil {
			t.Fatal(err)
		}
		for position, token := range tokens {
			got, err := generator.Next(token)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := 0, want[position*len(got):]; i < len(got); i++ {
				// float32 sums in another order; with 8 bits one may round over an edge.
				if math.Abs(float64(got[i]-row[i])) > map[int]float64{16: 2e-4, 8: 0.1}[activations.Bits] {
					t.Fatalf("%+v: logit %d at position %d is %v, want %v", activations, i, position, got[i], row[i])
				}
			}
		}
		if _, err := generator.Next(1); err == nil || !strings.Contains(err.Error(), "full at 12 tokens") {
			t.Errorf("a token too many: error is %v", err)
		}
	}
}

func TestSampler(t *testing.T) {
	logits := []float32{0, float32(math.Log(3)), float32(math.Inf(-1)), float32(math.Log(4))}
	greedy := generate.NewSampler(0, 1)
	counts := map[int32]int{}
	sampler, same := generate.NewSampler(1, 7), generate.NewSampler(1, 7)
	for range 8000 {
		if got := greedy.Pick(logits); got != 3 {
			t.Fatalf("greedily picked token %d, want 3", got)
		}
		token := sampler.Pick(logits)
		if token != same.Pick(logits) {
			t.Fatal("the same seed drew another token")
		}
		counts[token]++
	}
	for token, want := range map[int32]int{0: 1000, 1: 3000, 2: 0, 3: 4000} {
		if math.Abs(float64(counts[token]-want)) > 200 { // over four standard deviations
			t.Errorf("token %d was drawn %d times of 8000, want about %d", token, counts[token], want)
		}
	}
	cold := generate.NewSampler(0.05, 7)
	for range 100 {
		if got := cold.Pick(logits); got == 0 {
			t.Fatal("a low temperature drew an unlikely token")
		}
	}
}

// pieces remembers what was written at once.
type pieces []string

// Write appends a piece.
func (p *pieces) Write(piece []byte) (int, error) {
	*p = append(*p, string(piece))
	return len(piece), nil
}

func TestWriterPassesWholeCharacters(t *testing.T) {
	for _, test := range []struct {
		pieces []string
		want   pieces
	}{
		{[]string{"a", "b "}, pieces{"a", "b "}},
		{[]string{"\xe2", "\x82", "\xac!"}, pieces{"€!"}},
		{[]string{"x\xf0\x9f", "\xa6\x8a"}, pieces{"x", "🦊"}},
		{[]string{"\xff", "a"}, pieces{"\uFFFD", "a"}},
		{[]string{"a\xe2\x82"}, pieces{"a", "\uFFFD"}},
		{[]string{"\xe2", "b"}, pieces{"\uFFFDb"}},
		{[]string{"\x80\x80\x80\x80"}, pieces{"\uFFFD"}},
	} {
		var got pieces
		w := generate.NewWriter(&got)
		for _, piece := range test.pieces {
			if err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.pieces, diff)
		}
	}
}
