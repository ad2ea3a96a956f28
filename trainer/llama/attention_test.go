package llama_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/llama"
)

// attentionConfig has heads that share keys and values, and nothing else of note.
func attentionConfig() llama.Config {
	return llama.Config{HiddenSize: 16, NumAttentionHeads: 4, NumKeyValueHeads: 2, RopeTheta: 10000}
}

// attentionInputs are query, key, value and a gradient of the result, all normally
// distributed.
func attentionInputs(config llama.Config, rows int) []any {
	random := rand.New(rand.NewPCG(1, 2))
	shared := config.NumKeyValueHeads * config.HeadDim()
	var inputs []any
	for _, width := range []int{config.HiddenSize, shared, shared, config.HiddenSize} {
		values := make([]float32, rows*width)
		for i := range values {
			values[i] = float32(random.NormFloat64())
		}
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values, rows, width))
	}
	return inputs
}

// runAttention gives the result and the gradients of query, key and value. The
// gradients are taken through the attention that again makes of the result.
func runAttention(t *testing.T, backend compute.Backend, config llama.Config, inputs []any, batch, seq int, again func(result *graph.Node) llama.Attention) [][]float32 {
	t.Helper()
	exec, err := graph.NewExec(backend, func(in []*graph.Node) []*graph.Node {
		result := config.Attention(batch, seq)(in[0], in[1], in[2])
		loss := graph.ReduceAllSum(graph.Mul(again(result)(in[0], in[1], in[2]), in[3]))
		return append([]*graph.Node{result}, graph.Gradient(loss, in[0], in[1], in[2])...)
	})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := exec.Call(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	var values [][]float32
	for _, output := range outputs {
		values = append(values, tensors.MustCopyFlatData[float32](output))
	}
	return values
}

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	backend, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

// A sequence of 300 tokens is attended in blocks of 128, and the last has fewer.
const longSequence = 300

// The reference is written anew, in float64, for tokens at the ends of blocks.
func TestAttentionInBlocks(t *testing.T) {
	config := attentionConfig()
	inputs := attentionInputs(config, longSequence)
	plain := func(*graph.Node) llama.Attention { return config.Attention(1, longSequence) }
	got := runAttention(t, goBackend(t), config, inputs, 1, longSequence, plain)[0]
	for _, token := range []int{0, 1, 127, 128, 200, 255, 256, 299} {
		for head := range config.NumAttentionHeads {
			want := attendedTo(config, inputs, token, head)
			begin := token*config.HiddenSize + head*config.HeadDim()
			if worst := furthest(got[begin:begin+config.HeadDim()], want); worst > 1e-5 {
				t.Errorf("token %d, head %d: differs by up to %g", token, head, worst)
			}
		}
	}
}

// attendedTo is what a head of one token gives.
func attendedTo(config llama.Config, inputs []any, token, head int) []float32 {
	dim, shared := config.HeadDim(), head*config.NumKeyValueHeads/config.NumAttentionHeads
	of := func(input, token, head int) []float32 {
		return row(inputs[input], token)[head*dim:][:dim]
	}
	query, mixed, sum := turned(of(0, token, head), token, config.RopeTheta), make([]float64, dim), 0.0
	for other := range token + 1 {
		score := 0.0
		for i, value := range turned(of(1, other, shared), other, config.RopeTheta) {
			score += value * query[i] / math.Sqrt(float64(dim))
		}
		weight := math.Exp(score)
		sum += weight
		for i, value := range of(2, other, shared) {
			mixed[i] += weight * float64(value)
		}
	}
	result := make([]float32, dim)
	for i := range mixed {
		result[i] = float32(mixed[i] / sum)
	}
	return result
}

// row is a token's row of an input [rows, width].
func row(input any, token int) []float32 {
	tensor, _ := input.(*tensors.Tensor)
	width := tensor.Shape().Dim(1)
	return tensors.MustCopyFlatData[float32](tensor)[token*width:][:width]
}

// turned is a head's query or key, rotated for its position.
func turned(x []float32, position int, theta float64) []float64 {
	half := len(x) / 2
	rotated := make([]float64, len(x))
	for i := range half {
		sin, cos := math.Sincos(float64(position) * math.Pow(theta, -float64(i)/float64(half)))
		first, second := float64(x[i]), float64(x[half+i])
		rotated[i], rotated[half+i] = first*cos-second*sin, second*cos+first*sin
	}
	return rotated
}

// The gradients are sums of up to 300 products of numbers near 1 in float32, added
// up in another order.
func TestAttentionGivenHasTheSoftmaxsGradient(t *testing.T) {
	config := attentionConfig()
	for _, shape := range [][2]int{{2, 40}, {2, longSequence}} {
		batch, seq := shape[0], shape[1]
		backend, inputs := goBackend(t), attentionInputs(config, batch*seq)
		want := runAttention(t, backend, config, inputs, batch, seq, func(*graph.Node) llama.Attention { return config.Attention(batch, seq) })
		got := runAttention(t, backend, config, inputs, batch, seq, func(result *graph.Node) llama.Attention {
			return config.AttentionGiven(result, batch, seq)
		})
		for i, name := range []string{"result", "query's gradient", "key's gradient", "value's gradient"} {
			if worst := furthest(got[i], want[i]); worst > 2e-5 {
				t.Errorf("%d × %d tokens: %s differs by up to %g", batch, seq, name, worst)
			}
		}
	}
}

func furthest(a, b []float32) float64 {
	worst := 0.0
	for i := range a {
		worst = math.Max(worst, math.Abs(float64(a[i])-float64(b[i])))
	}
	return worst
}
