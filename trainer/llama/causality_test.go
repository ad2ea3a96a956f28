package llama_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/backend/backendtest"
	"github.com/ternlab/ternlab/trainer/llama"
)

// onBackends runs a test on both backends that tests have.
func onBackends(t *testing.T, test func(t *testing.T, backend compute.Backend)) {
	t.Helper()
	t.Run("go", func(t *testing.T) { test(t, goBackend(t)) })
	t.Run("xla", func(t *testing.T) { test(t, backendtest.XLA(t)) })
}

// loudest are what later tokens shout: numbers at the ends of float32, and none.
func loudest() []float32 {
	inf := float32(math.Inf(1))
	return []float32{1e6, -1e6, 1e9, -1e12, 1e19, -1e30, math.MaxFloat32, -math.MaxFloat32, inf, -inf, float32(math.NaN()), 1e-45, -1e-40, 0}
}

// TestNoTokenSeesALaterOne changes all queries, keys and values behind a position:
// what attention gives before it must stay the same to the bit, however large the
// scores are that a mask would have to make up for, and where what is behind isn't
// even a number.
func TestNoTokenSeesALaterOne(t *testing.T) {
	onBackends(t, func(t *testing.T, backend compute.Backend) {
		t.Helper()
		for _, seq := range []int{24, longSequence} {
			for _, size := range []float32{1, 1e6, 1e18} {
				t.Run(fmt.Sprint(seq, " tokens of ", size), func(t *testing.T) { testLaterTokens(t, backend, seq, size) })
			}
		}
	})
}

func testLaterTokens(t *testing.T, backend compute.Backend, seq int, size float32) {
	t.Helper()
	config, random := attentionConfig(), rand.New(rand.NewPCG(5, uint64(size)))
	exec, err := graph.NewExec(backend, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{config.Attention(1, seq)(in[0], in[1], in[2])}
	})
	if err != nil {
		t.Fatal(err)
	}
	shared := config.NumKeyValueHeads * config.HeadDim()
	widths := []int{config.HiddenSize, shared, shared}
	var before [3][]float32
	for i, width := range widths {
		before[i] = normal(random, seq*width, []float32{size, size, 1}[i])
	}
	attend := func(rows [3][]float32) []float32 {
		var inputs []any
		for i, width := range widths {
			inputs = append(inputs, tensors.FromFlatDataAndDimensions(rows[i], seq, width))
		}
		outputs, err := exec.Call(inputs...)
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float32](outputs[0])
	}
	want := attend(before)
	for _, position := range []int{1, seq / 2, seq - 1} {
		for trial := range 2 + len(loudest()) {
			after := before
			for i, width := range widths {
				after[i] = append(before[i][:position*width:position*width], shout(random, trial, (seq-position)*width)...)
			}
			got := attend(after)
			for j := range position * config.HiddenSize {
				if math.Float32bits(got[j]) != math.Float32bits(want[j]) || math.IsNaN(float64(want[j])) {
					t.Fatalf("from %d on, change %d: token %d has %v, had %v", position, trial, j/config.HiddenSize, got[j], want[j])
				}
			}
		}
	}
}

func normal(random *rand.Rand, count int, size float32) []float32 {
	values := make([]float32, count)
	for i := range values {
		values[i] = size * float32(random.NormFloat64())
	}
	return values
}

// shout is what later tokens say instead: all the same, or anything.
func shout(random *rand.Rand, trial, count int) []float32 {
	values, words := normal(random, count, 1e7), loudest()
	for i := range values {
		switch {
		case trial < len(words):
			values[i] = words[trial]
		case trial == len(words):
			values[i] = words[random.IntN(len(words))]
		}
	}
	return values
}

// TestAttentionHasNoGradientFromLaterTokens takes the gradient of the first
// tokens' results: it must be finite, and 0 for what comes later.
func TestAttentionHasNoGradientFromLaterTokens(t *testing.T) {
	onBackends(t, func(t *testing.T, backend compute.Backend) {
		t.Helper()
		for _, size := range []float32{1, 1e6} {
			testLaterGradients(t, backend, size)
		}
	})
}

func testLaterGradients(t *testing.T, backend compute.Backend, size float32) {
	t.Helper()
	const seq, first = 140, 60 // two blocks, and some tokens of the first
	config, random := attentionConfig(), rand.New(rand.NewPCG(6, uint64(size)))
	shared := config.NumKeyValueHeads * config.HeadDim()
	var inputs []any
	for i, width := range []int{config.HiddenSize, shared, shared, config.HiddenSize} {
		values := normal(random, seq*width, []float32{size, size, 1, 1}[i])
		if i == 3 {
			clear(values[first*width:]) // the gradient of what later tokens give
		}
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values, seq, width))
	}
	for name, again := range map[string]func(*graph.Node) llama.Attention{
		"Attention":      func(*graph.Node) llama.Attention { return config.Attention(1, seq) },
		"AttentionGiven": func(result *graph.Node) llama.Attention { return config.AttentionGiven(result, 1, seq) },
	} {
		for i, values := range runAttention(t, backend, config, inputs, 1, seq, again) {
			width := len(values) / seq
			for j, value := range values {
				if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
					t.Fatalf("%s, size %g: output %d of token %d is %v", name, size, i, j/width, value)
				}
				if i > 0 && j >= first*width && value != 0 {
					t.Fatalf("%s, size %g: token %d has a gradient of %v from earlier ones", name, size, j/width, value)
				}
			}
		}
	}
}

// TestBrokenValuesShow has one token with a value that is no number: every token that
// may see it must be no number either, for a figure must not come of it.
func TestBrokenValuesShow(t *testing.T) {
	const seq, broken = 40, 17
	config := attentionConfig()
	onBackends(t, func(t *testing.T, backend compute.Backend) {
		t.Helper()
		for _, value := range []float32{float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())} {
			inputs := attentionInputs(config, seq)
			tensor, _ := inputs[2].(*tensors.Tensor)
			values := tensors.MustCopyFlatData[float32](tensor)
			width := len(values) / seq
			for head := range config.NumKeyValueHeads {
				values[broken*width+head*config.HeadDim()] = value
			}
			inputs[2] = tensors.FromFlatDataAndDimensions(values, seq, width)
			plain := func(*graph.Node) llama.Attention { return config.Attention(1, seq) }
			for i, got := range runAttention(t, backend, config, inputs, 1, seq, plain)[0] {
				if token := i / config.HiddenSize; math.IsNaN(float64(got)) != (token >= broken) {
					t.Fatalf("value %v at token %d: token %d has %v", value, broken, token, got)
				}
			}
		}
	})
}
