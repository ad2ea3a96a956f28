package evaluate

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// talkative is an export whose tokens all say something else.
func talkative(t *testing.T) checkpoint.Export {
	t.Helper()
	export, random := blank(t), rand.New(rand.NewPCG(3, 4))
	for i := range export.Dense[llama.Embedding] {
		export.Dense[llama.Embedding][i] = float32(random.NormFloat64())
	}
	return export
}

// TestLookingAheadIsRefused has networks in which a token learns something of later
// ones: whatever little it is, the export gets no figure.
func TestLookingAheadIsRefused(t *testing.T) {
	for name, leak := range map[string]func(x *Node) *Node{
		"the next token":            func(x *Node) *Node { return Add(x, next(x)) },
		"a millionth of the next":   func(x *Node) *Node { return Add(x, MulScalar(next(x), 1e-6)) },
		"the mean of all rows":      func(x *Node) *Node { return Add(x, ReduceAndKeep(x, ReduceMean, 0)) },
		"a scale from all rows":     func(x *Node) *Node { return Mul(x, ReduceAndKeep(Abs(x), ReduceMax, 0)) },
		"the next token's rounding": func(x *Node) *Node { return Add(x, Round(next(x))) },
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, engine compute.Backend) {
				t.Helper()
				_, err := measure(t, engine, talkative(t), func(e *Evaluator) {
					leaky, err := NewExec(engine, func(in []*Node) []*Node { return []*Node{leak(e.layerGraph(in)[0])} })
					if err != nil {
						t.Fatal(err)
					}
					e.graphs.layer = leaky
				})
				if err == nil || !strings.Contains(err.Error(), "the model sees what it is to predict") {
					t.Errorf("error is %v, want one that the model sees what it is to predict", err)
				}
			})
		})
	}
}

// next is x [rows, hidden] with each row's successor in its place, and 0 in the last.
func next(x *Node) *Node {
	rows := x.Shape().Dim(0)
	return Pad(Slice(x, AxisRange(1, rows)), ScalarZero(x.Graph(), x.DType()), PadAxis{End: 1}, PadAxis{})
}

// TestLookingBackIsNot has a token that learns of earlier ones only.
func TestLookingBackIsNot(t *testing.T) {
	onBackends(t, func(t *testing.T, engine compute.Backend) {
		t.Helper()
		if _, err := measure(t, engine, talkative(t), asItIs); err != nil {
			t.Error(err)
		}
	})
}

// FuzzLosses holds losses to what they are for any logits.
func FuzzLosses(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x80\x3f"))
	f.Add([]byte("\xff\xff\x7f\x7f\xff\xff\x7f\x7f\x00\x00\x80\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		const vocab = 32 // one shape, compiled once
		logits := make([]float32, vocab)
		for i := range min(vocab, len(data)/4) {
			logits[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		losses := newLosses(t, goBackend(t))(logits)
		for _, logit := range logits {
			if math.IsNaN(float64(logit)) || math.IsInf(float64(logit), 1) {
				for _, loss := range losses {
					if loss >= lowest && !math.IsInf(float64(loss), 0) {
						t.Fatalf("a loss of %v beside a logit of %v", loss, logit)
					}
				}
				return
			}
		}
		checkLosses(t, logits, losses)
	})
}
