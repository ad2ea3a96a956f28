package evaluate

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// lookAhead is an export whose tokens look at the next one, if the mask lets them:
// queries and keys turn with their positions so that the best key is the next one's,
// by size, and half of what it says goes to the output. How: by biases of queries and
// keys, or by the gain of the norm before them on a coordinate that all tokens share.
func lookAhead(t *testing.T, how string, size, loudness float64) checkpoint.Export {
	t.Helper()
	export := blank(t)
	config := export.Config
	hidden, dim := config.HiddenSize, config.HeadDim()
	layer := func(name string) checkpoint.Ternary { return export.Layers[llama.LayerName(0, name)] }
	query, key, value, output := layer("self_attn.q_proj.weight"), layer("self_attn.k_proj.weight"), layer("self_attn.v_proj.weight"), layer("self_attn.o_proj.weight")

	random := rand.New(rand.NewPCG(1, 2))
	embedding := export.Dense[llama.Embedding]
	for i := range embedding {
		embedding[i] = float32(2*random.IntN(2) - 1)
		if i%hidden == hidden-1 {
			embedding[i] = 1 // what all tokens share
		}
	}
	for i := range hidden {
		export.Dense[llama.FinalNorm][i] = float32(loudness)
		if i >= hidden/2 {
			export.Dense[llama.FinalNorm][i] = 0
		}
	}
	if how == "norm" {
		export.Dense[llama.LayerName(0, "input_layernorm.weight")][hidden-1] = float32(size)
	}
	set := func(layer checkpoint.Ternary, row int, number float64) {
		if how == "bias" {
			layer.Bias[row] = float32(size * number)
			return
		}
		layer.Codes[row*hidden+hidden-1], layer.Scales[row*hidden/64+hidden/64-1] = 1, float32(number)
	}
	for row := range query.Out {
		angle := math.Pow(config.RopeTheta, -float64(row%(dim/2))/float64(dim/2))
		number := math.Cos(angle)
		if row%dim >= dim/2 {
			number = math.Sin(angle)
		}
		set(query, row, number)
	}
	for row := range key.Out {
		if row%dim < dim/2 {
			set(key, row, 1)
		}
	}
	shared := config.NumAttentionHeads / config.NumKeyValueHeads
	for row := range value.Out {
		value.Codes[row*hidden+row] = 1
		from := row/dim*dim*shared + row%dim // a head's place in what attention gives
		output.Codes[row*hidden+from], output.Scales[(row*hidden+from)/64] = 1, 100
	}
	return export
}

// leak replaces a layer by one that looks ahead, as an evaluator might by mistake.
func leak(t *testing.T, layer func(e *Evaluator, inputs []*Node) *Node) func(*Evaluator) {
	t.Helper()
	return func(e *Evaluator) {
		exec, err := NewExec(e.backend, func(inputs []*Node) []*Node { return []*Node{layer(e, inputs)} })
		if err != nil {
			t.Fatal(err)
		}
		e.graphs.layer = exec
	}
}

// addingMask is a layer whose attention lowers the scores of later keys by 1e9
// instead of replacing them.
func addingMask(e *Evaluator, inputs []*Node) *Node {
	byName := map[string]*Node{}
	for i, name := range e.network.layerNames() {
		byName[name] = inputs[1+i]
	}
	weights, config := func(name string) *Node { return byName[name] }, e.network.Config
	heads, shared, dim, seq := config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim(), e.context
	batch := e.batchWindows()
	split := func(x *Node, heads int) *Node { // [batch, shared, of a group · seq, dim]
		return TransposeAllAxes(Reshape(x, batch, seq, heads, dim), 0, 2, 1, 3)
	}
	turn := func(x *Node) *Node {
		position := ConvertDType(Iota(x.Graph(), shapes.Make(dtypes.Int32, 1, 1, seq, 1), 2), x.DType())
		frequency := Exp(MulScalar(ConvertDType(Iota(x.Graph(), shapes.Make(dtypes.Int32, 1, 1, 1, dim/2), 3), x.DType()), -math.Log(config.RopeTheta)*2/float64(dim)))
		angle := Mul(position, frequency)
		first, second := Slice(x, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, dim/2)), Slice(x, AxisRange(), AxisRange(), AxisRange(), AxisRange(dim/2, dim))
		return Concatenate([]*Node{Sub(Mul(first, Cos(angle)), Mul(second, Sin(angle))), Add(Mul(second, Cos(angle)), Mul(first, Sin(angle)))}, -1)
	}
	spread := func(x *Node) *Node { // each head's keys or values for its whole group
		return Reshape(BroadcastToDims(InsertAxes(x, 2), batch, shared, heads/shared, seq, dim), batch, heads, seq, dim)
	}
	return config.BlockAround(func(query, key, value *Node) *Node {
		query, key, value = turn(split(query, heads)), spread(turn(split(key, shared))), spread(split(value, shared))
		scores := MulScalar(Einsum("bhqd,bhkd->bhqk", query, key), 1/math.Sqrt(float64(dim)))
		square := shapes.Make(dtypes.Int32, 1, 1, seq, seq)
		later := GreaterThan(Iota(scores.Graph(), square, 3), Iota(scores.Graph(), square, 2))
		weights := Softmax(Add(scores, MulScalar(ConvertDType(later, scores.DType()), -1e9)), -1)
		mixed := TransposeAllAxes(Einsum("bhqk,bhkd->bhqd", weights, value), 0, 2, 1, 3)
		return Reshape(mixed, batch*seq, heads*dim)
	}, weights, e.network.Linear(weights), inputs[0])
}

// TestLookingAheadIsWorthNothing measures exports that look ahead: an evaluator whose
// mask is added refuses them, which shows that they would, and this one finds them
// worse than knowing nothing.
func TestLookingAheadIsWorthNothing(t *testing.T) {
	onBackends(t, func(t *testing.T, engine compute.Backend) {
		t.Helper()
		for _, c := range []struct {
			how            string
			size, loudness float64
		}{{"bias", 1e6, 1}, {"bias", 1e6, 0.08}, {"bias", 1e6, 0.06}, {"bias", 1e9, 0.08}, {"norm", 1e6, 1}, {"norm", 1e7, 0.08}} {
			export := lookAhead(t, c.how, c.size, c.loudness)
			if _, err := measure(t, engine, export, leak(t, addingMask)); err == nil || !strings.Contains(err.Error(), "the model sees what it is to predict") {
				t.Errorf("%v: the added mask holds: error is %v", c, err)
			}
			got, err := measure(t, engine, export, asItIs)
			if err == nil && got.EvalPPL < 400 {
				t.Errorf("%v: eval_ppl is %v", c, got.EvalPPL)
			}
			if err != nil && !strings.Contains(err.Error(), "perplexity is +Inf") {
				t.Errorf("%v: %v", c, err)
			}
		}
	})
}

// TestCausalityIsChecked has evaluators in which tokens reach earlier ones without
// attention. The check must find each, in an export that means no harm.
func TestCausalityIsChecked(t *testing.T) {
	plain := func(e *Evaluator, inputs []*Node) *Node { return e.layerGraph(inputs)[0] }
	for name, layer := range map[string]func(e *Evaluator, inputs []*Node) *Node{
		"a scale of all inputs": func(e *Evaluator, inputs []*Node) *Node {
			x := plain(e, inputs)
			scale := MulScalar(ReduceAllMax(Abs(x)), 1.0/127)
			return Mul(Round(Div(x, scale)), scale)
		},
		"the mean of all tokens": func(e *Evaluator, inputs []*Node) *Node {
			x := plain(e, inputs)
			return Sub(x, ReduceAndKeep(x, ReduceMean, 0))
		},
		"a little of the next token": func(e *Evaluator, inputs []*Node) *Node {
			x := plain(e, inputs)
			rows, hidden := x.Shape().Dim(0), x.Shape().Dim(1)
			next := Concatenate([]*Node{Slice(x, AxisRange(1, rows)), Zeros(x.Graph(), shapes.Make(x.DType(), 1, hidden))}, 0)
			return Add(x, MulScalar(next, 1e-3))
		},
		"a bit of the last token": func(e *Evaluator, inputs []*Node) *Node {
			x := plain(e, inputs)
			windows := Reshape(x, e.batchWindows(), e.context, x.Shape().Dim(1))
			last := Slice(windows, AxisRange(), AxisRange(e.context-1, e.context))
			return Reshape(Add(windows, MulScalar(isAbove(last), 1e-2)), x.Shape().Dimensions...)
		},
	} {
		onBackends(t, func(t *testing.T, engine compute.Backend) {
			t.Helper()
			model, text, context := nano(t, 17)
			evaluator, err := New(engine, ModelNetwork(model), text, context)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := evaluator.Measure(ModelWeights(model)); err != nil {
				t.Fatal(err)
			}
			leak(t, layer)(evaluator)
			if _, err := evaluator.Measure(ModelWeights(model)); err == nil || !strings.Contains(err.Error(), "sees what it is to predict") {
				t.Errorf("%s: error is %v", name, err)
			}
		})
	}
}

// isAbove is 1 where x is above 0, else 0.
func isAbove(x *Node) *Node {
	return ConvertDType(GreaterThan(x, ZerosLike(x)), x.DType())
}

// TestProbes holds the probes to what makes them cheap and sound: for nano's text
// they take no batch more, each has a window that an earlier batch has in the same
// place, and it changes the first token behind its position and none before.
func TestProbes(t *testing.T) {
	model, text, context := nano(t, 97)
	for _, c := range []struct{ windows, batches, probes int }{
		{97, 13, 7}, // as nano's evaluation text
		{17, 3, 7}, {16, 3, 8}, {15, 2, 1}, {9, 2, 7}, {8, 2, 8}, {3, 2, 3}, {1, 2, 1},
	} {
		evaluator, err := New(goBackend(t), ModelNetwork(model), text, context)
		if err != nil {
			t.Fatal(err)
		}
		before := evaluator.batches(c.windows)
		batches, probes := evaluator.withProbes(evaluator.batches(c.windows))
		if len(batches) != c.batches || len(probes) != c.probes {
			t.Errorf("%d windows: %d batches, %d probes, want %d and %d", c.windows, len(batches), len(probes), c.batches, c.probes)
		}
		for _, probe := range probes {
			place := probe.window % 8 * context
			if probe.window < 0 || probe.window >= c.windows || probe.window/8 >= probe.batch || batches[probe.batch].windows > probe.window%8 {
				t.Fatalf("%d windows: %+v", c.windows, probe)
			}
			was, is := before[probe.window/8], batches[probe.batch]
			for i := range context {
				changed := was.tokens[place+i] != is.tokens[place+i]
				if (i < probe.position && changed) || (i == probe.position && !changed) || was.targets[place+i] != is.targets[place+i] {
					t.Fatalf("%d windows: %+v: token %d is %d, was %d", c.windows, probe, i, is.tokens[place+i], was.tokens[place+i])
				}
			}
		}
		for i := range before {
			for j := range before[i].windows * context {
				if before[i].tokens[j] != batches[i].tokens[j] || before[i].windows != batches[i].windows {
					t.Fatalf("%d windows: a probe takes a window's place", c.windows)
				}
			}
		}
	}
}
