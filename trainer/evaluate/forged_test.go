package evaluate

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/backend/backendtest"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// Exports that are made to be measured as better than they are. They need no
// training: what a candidate's source would train towards is written down.

// onBackends runs a test on both backends that tests have.
func onBackends(t *testing.T, test func(t *testing.T, engine compute.Backend)) {
	t.Helper()
	t.Run("go", func(t *testing.T) { test(t, goBackend(t)) })
	t.Run("xla", func(t *testing.T) { test(t, backendtest.XLA(t)) })
}

func goBackend(tb testing.TB) compute.Backend {
	tb.Helper()
	engine, err := backend.Open(backend.Go, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return engine.Backend
}

// nano is the preset's model and its evaluation text's first windows.
func nano(t *testing.T, windows int) (checkpoint.Model, prepare.Tokens, int) {
	t.Helper()
	preset, err := prepare.Open(prepare.Nano)
	if err != nil {
		t.Fatal(err)
	}
	model, err := preset.Model()
	if err != nil {
		t.Fatal(err)
	}
	text, err := preset.WithEvalLimit(windows * preset.Context).EvalTokens()
	if err != nil {
		t.Fatal(err)
	}
	return model, text, preset.Context
}

// measure is what an export is worth on nano's text.
func measure(t *testing.T, engine compute.Backend, export checkpoint.Export, change func(*Evaluator)) (contract.Evaluation, error) {
	t.Helper()
	_, text, context := nano(t, 17) // two full batches and a window
	evaluator, err := New(engine, ExportNetwork(export), text, context)
	if err != nil {
		t.Fatal(err)
	}
	change(evaluator)
	return evaluator.Measure(ExportWeights(export))
}

func asItIs(*Evaluator) {}

// blank is an export of nano's shape whose linear layers give 0, whose norms are 1
// and whose embedding is 0.
func blank(t *testing.T) checkpoint.Export {
	t.Helper()
	model, _, _ := nano(t, 1)
	export := checkpoint.Export{
		Config: model.Config, Activations: checkpoint.Activations{Bits: 16},
		Layers: map[string]checkpoint.Ternary{}, Dense: map[string][]float32{},
	}
	for _, tensor := range model.Config.Tensors() {
		if !tensor.Linear {
			export.Dense[tensor.Name] = repeat(tensor.Size(), 1)
			continue
		}
		out, in := tensor.Shape[0], tensor.Shape[1]
		export.Layers[tensor.Name] = checkpoint.Ternary{
			Out: out, In: in, Codes: make([]int8, out*in), Scales: repeat(out*in/64, 1), Bias: make([]float32, out),
		}
	}
	clear(export.Dense[llama.Embedding])
	return export
}

func repeat(count int, value float32) []float32 {
	values := make([]float32, count)
	for i := range values {
		values[i] = value
	}
	return values
}

// TestEqualLogitsAreWorthTheVocabulary has models that say nothing, with logits from
// the smallest to the largest: each predicts every token with 1/512.
func TestEqualLogitsAreWorthTheVocabulary(t *testing.T) {
	onBackends(t, func(t *testing.T, engine compute.Backend) {
		t.Helper()
		for _, c := range []struct{ embedding, norm float32 }{
			{0, 1}, {1, 1}, {1e3, 1e6}, {1e3, -1e6}, {1e3, 1e3}, {1e6, 1e30}, {1e-3, 1e30}, {1e-20, 1e-20}, {1e-40, 1}, {30, 3.7e4},
		} {
			export := blank(t)
			export.Dense[llama.Embedding] = repeat(len(export.Dense[llama.Embedding]), c.embedding)
			export.Dense[llama.FinalNorm] = repeat(len(export.Dense[llama.FinalNorm]), c.norm)
			got, err := measure(t, engine, export, asItIs)
			if err != nil {
				t.Errorf("embedding %g, norm %g: %v", c.embedding, c.norm, err)
			} else if math.Abs(got.EvalPPL-512) > 1e-3 {
				t.Errorf("embedding %g, norm %g: eval_ppl is %v, want 512", c.embedding, c.norm, got.EvalPPL)
			}
		}
	})
}

// TestOffsetsTakeNothingOff adds the same large number to all of a row's logits. What
// float32 makes of the logits may be worse, never better by more than its rounding.
func TestOffsetsTakeNothingOff(t *testing.T) {
	model, text, context := nano(t, 17)
	hidden := model.Config.HiddenSize
	onBackends(t, func(t *testing.T, engine compute.Backend) {
		t.Helper()
		evaluator, err := New(engine, ModelNetwork(model), text, context)
		if err != nil {
			t.Fatal(err)
		}
		honest, err := evaluator.Measure(ModelWeights(model))
		if err != nil {
			t.Fatal(err)
		}
		for _, offset := range []float32{1e3, 1e5, 1e7, 1e9, 1e12, 1e20} {
			// The output layer is the embedding: its first column is a constant, by which
			// the last norm's gain adds an offset to all logits of a row.
			weights := ModelWeights(model)
			embedding, norm := append([]float32{}, model.Weights[llama.Embedding]...), append([]float32{}, model.Weights[llama.FinalNorm]...)
			for token := range len(embedding) / hidden {
				embedding[token*hidden] = 1
			}
			norm[0] = offset
			weights[llama.Embedding] = weight{weights[llama.Embedding].shape, func() []float32 { return embedding }}
			weights[llama.FinalNorm] = weight{weights[llama.FinalNorm].shape, func() []float32 { return norm }}
			got, err := evaluator.Measure(weights)
			if err == nil && got.EvalPPL < honest.EvalPPL {
				t.Errorf("an offset of %g: eval_ppl is %v, %v without", offset, got.EvalPPL, honest.EvalPPL)
			}
		}
	})
}

// TestBrokenLogitsAreNoFigure has weights whose logits overflow.
func TestBrokenLogitsAreNoFigure(t *testing.T) {
	onBackends(t, func(t *testing.T, engine compute.Backend) {
		t.Helper()
		for _, c := range []struct{ embedding, norm float32 }{{1e15, 1e30}, {1, 3e38}, {-1, 3e38}, {3e38, 1}} {
			export := blank(t)
			random := rand.New(rand.NewPCG(1, 2))
			for i := range export.Dense[llama.Embedding] {
				export.Dense[llama.Embedding][i] = c.embedding * float32(1+random.IntN(2))
			}
			export.Dense[llama.FinalNorm] = repeat(len(export.Dense[llama.FinalNorm]), c.norm)
			if got, err := measure(t, engine, export, asItIs); err == nil || !strings.Contains(err.Error(), "window 0: the loss of token 1 is") {
				t.Errorf("embedding %g, norm %g: eval_ppl %v, error %v, want one about window 0", c.embedding, c.norm, got.EvalPPL, err)
			}
		}
	})
}
