package evaluate_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/prepare"
)

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	engine, err := backend.Open(backend.Go, 0)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Backend
}

func tiny(t *testing.T) checkpoint.Model {
	t.Helper()
	model, err := checkpoint.ReadModel(os.DirFS("../testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// roundToTernary is BitNet's quantizer over groups of 64, written without
// graphs.
func roundToTernary(model checkpoint.Model, activationBits int) checkpoint.Export {
	export := checkpoint.Export{
		Config: model.Config, Activations: checkpoint.Activations{Bits: activationBits},
		Layers: map[string]checkpoint.Ternary{}, Dense: map[string][]float32{},
	}
	for _, tensor := range model.Config.Tensors() {
		weights := model.Weights[tensor.Name]
		if !tensor.Linear {
			export.Dense[tensor.Name] = weights
			continue
		}
		layer := checkpoint.Ternary{Out: tensor.Shape[0], In: tensor.Shape[1]}
		for start := 0; start < len(weights); start += 64 {
			group := weights[start : start+64]
			var sum float64
			for _, weight := range group {
				sum += math.Abs(float64(weight))
			}
			scale := float32(sum / 64)
			layer.Scales = append(layer.Scales, scale)
			for _, weight := range group {
				layer.Codes = append(layer.Codes, int8(max(-1, min(1, math.RoundToEven(float64(weight/scale))))))
			}
		}
		layer.Scales = checkpoint.RoundScales(layer.Scales)
		export.Layers[tensor.Name] = layer
	}
	return export
}

func TestPerplexityAgreesWithPyTorch(t *testing.T) {
	var golden struct {
		Tokens      []int32
		Context     int
		Full        float64
		Ternary     float64
		Ternary8Bit float64 `json:"ternary_8bit"`
	}
	data, err := os.ReadFile("testdata/perplexity.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	model := tiny(t)
	text := prepare.Tokens{IDs: golden.Tokens, Bytes: make([]int, len(golden.Tokens))}
	for i := range text.Bytes {
		text.Bytes[i] = 2
	}
	for _, test := range []struct {
		name    string
		network evaluate.Network
		weights evaluate.Weights
		want    float64
		// Relative. 8-bit rounding turns a last-digit difference of a sum into
		// a whole step of 1/127, so it agrees less well.
		tolerance float64
	}{
		{"full precision", evaluate.Network{Config: model.Config}, evaluate.ModelWeights(model), golden.Full, 1e-6},
		{"ternary", evaluate.ExportNetwork(roundToTernary(model, 16)), evaluate.ExportWeights(roundToTernary(model, 16)), golden.Ternary, 1e-6},
		{"ternary with 8-bit activations", evaluate.ExportNetwork(roundToTernary(model, 8)), evaluate.ExportWeights(roundToTernary(model, 8)), golden.Ternary8Bit, 1e-4},
	} {
		evaluator, err := evaluate.New(goBackend(t), test.network, text, golden.Context)
		if err != nil {
			t.Fatal(err)
		}
		got, err := evaluator.Measure(test.weights)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.EvalPPL-test.want) > test.tolerance*test.want {
			t.Errorf("%s: eval_ppl is %v, want %v", test.name, got.EvalPPL, test.want)
		}
		if want := math.Log2(test.want) / 2; math.Abs(got.EvalBPB-want) > test.tolerance*want {
			t.Errorf("%s: eval_bpb is %v, want %v", test.name, got.EvalBPB, want)
		}
		// 700 tokens are 21 windows of 32, each with 31 predictions.
		if got.Windows != 21 || got.Tokens != 21*31 || got.Bytes != 2*21*31 {
			t.Errorf("%s: %d windows, %d tokens, %d bytes", test.name, got.Windows, got.Tokens, got.Bytes)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	network := evaluate.Network{Config: tiny(t).Config}
	text := prepare.Tokens{IDs: make([]int32, 40), Bytes: make([]int, 40)}
	for context, want := range map[int]string{0: "context", 1: "context", 65: "context", 64: "40 tokens"} {
		if _, err := evaluate.New(goBackend(t), network, text, context); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("context %d: error %v, want one about %s", context, err, want)
		}
	}
}
