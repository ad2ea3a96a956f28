package evaluate

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/ternlab/ternlab/trainer/prepare"
)

// Result is one measurement.
type Result struct {
	EvalPPL float64 `json:"eval_ppl"` // exp(nats per predicted token)
	EvalBPB float64 `json:"eval_bpb"` // bits per byte of the predicted text
	Tokens  int     `json:"tokens"`   // predicted tokens
	Bytes   int     `json:"bytes"`    // bytes of the predicted tokens' text
	Windows int     `json:"windows"`
	Context int     `json:"context"` // tokens of a window
	Ternary bool    `json:"ternary"` // false: a full-precision model
}

// batchTokens is the number of tokens computed at once: few enough that their
// logits fit (SmolLM's take 200 MB), or a single window. It is fixed because
// rounding, and with quantized activations the result, may depend on it.
const batchTokens = 1024

// Evaluator measures one architecture on one text. It compiles its graph once,
// so measuring several sets of weights is cheap.
type Evaluator struct {
	network Network
	tokens  prepare.Tokens
	context int
	store   *model.Store
	exec    *model.Exec
}

// New prepares an evaluator for models of the network's architecture over
// windows of context tokens.
func New(backend compute.Backend, network Network, tokens prepare.Tokens, context int) (*Evaluator, error) {
	if context < 2 || context > network.Config.MaxPositionEmbeddings {
		return nil, fmt.Errorf("evaluate: context is %d tokens, want 2 to %d", context, network.Config.MaxPositionEmbeddings)
	}
	if len(tokens.IDs) < context {
		return nil, fmt.Errorf("evaluate: the text has %d tokens, a window needs %d", len(tokens.IDs), context)
	}
	evaluator := &Evaluator{network: network, tokens: tokens, context: context, store: model.NewStore()}
	var err error
	evaluator.exec, err = model.NewExec(backend, evaluator.store, evaluator.losses)
	if err != nil {
		return nil, fmt.Errorf("prepare evaluation: %w", err)
	}
	return evaluator, nil
}

// losses is the graph: windows [batch, context] to the negative log-likelihood
// in nats of each window's tokens after the first, [batch, context-1].
func (e *Evaluator) losses(scope *model.Scope, windows *Node) *Node {
	g := windows.Graph()
	batch, vocab := windows.Shape().Dim(0), e.network.Config.VocabSize
	weights := func(name string) *Node { return scope.GetVariable(name).NodeValue(g) }
	logits := e.network.Config.Logits(weights, e.network.Linear(weights), windows) // [batch·context, vocab]
	logits = Reshape(logits, batch, e.context, vocab)
	logits = Slice(logits, AxisRange(), AxisRangeFromStart(e.context-1))         // [batch, context-1, vocab]
	targets := Slice(windows, AxisRange(), AxisRangeToEnd(1))                    // [batch, context-1]
	target := ReduceSum(Mul(logits, OneHot(targets, vocab, dtypes.Float32)), -1) // [batch, context-1]

	highest := ReduceMax(logits, -1) // [batch, context-1]
	normalizer := ReduceSum(Exp(Sub(logits, InsertAxes(highest, -1))), -1)
	return Sub(Add(highest, Log(normalizer)), target)
}

// Measure evaluates one set of weights.
func (e *Evaluator) Measure(weights Weights) (Result, error) {
	if err := weights.Store(e.store); err != nil {
		return Result{}, fmt.Errorf("evaluate: %w", err)
	}
	result := Result{Windows: len(e.tokens.IDs) / e.context, Context: e.context, Ternary: e.network.Ternary}
	var nats float64
	for first := 0; first < result.Windows; first += e.batchWindows() {
		count := min(e.batchWindows(), result.Windows-first)
		losses, err := e.windowLosses(first, count)
		if err != nil {
			return Result{}, fmt.Errorf("evaluate windows %d to %d: %w", first, first+count-1, err)
		}
		for _, loss := range losses {
			nats += float64(loss)
		}
	}
	for window := range result.Windows {
		start := window * e.context
		for _, length := range e.tokens.Bytes[start+1 : start+e.context] {
			result.Bytes += length
		}
	}
	result.Tokens = result.Windows * (e.context - 1)
	result.EvalPPL = math.Exp(nats / float64(result.Tokens))
	result.EvalBPB = nats / (math.Ln2 * float64(result.Bytes))
	if math.IsNaN(result.EvalPPL) || math.IsInf(result.EvalPPL, 0) {
		return Result{}, fmt.Errorf("evaluate: perplexity is %v, want a finite number", result.EvalPPL)
	}
	return result, nil
}

// batchWindows is the number of windows computed at once.
func (e *Evaluator) batchWindows() int { return max(1, batchTokens/e.context) }

// windowLosses computes count windows from the first on; the batch is filled up
// with copies so that its shape is always the same.
func (e *Evaluator) windowLosses(first, count int) ([]float32, error) {
	batch := make([]int32, 0, e.batchWindows()*e.context)
	for i := range e.batchWindows() {
		start := (first + min(i, count-1)) * e.context
		batch = append(batch, e.tokens.IDs[start:start+e.context]...)
	}
	output, err := e.exec.Call1(tensors.FromFlatDataAndDimensions(batch, e.batchWindows(), e.context))
	if err != nil {
		return nil, err
	}
	losses, err := tensors.CopyFlatData[float32](output)
	if err != nil {
		return nil, err
	}
	return losses[:count*(e.context-1)], output.FinalizeAll()
}
