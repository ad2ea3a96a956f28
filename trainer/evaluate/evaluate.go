package evaluate

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// batchTokens is the number of tokens computed at once, or a single window. It is
// fixed because rounding, and with quantized activations the result, may depend
// on it.
const batchTokens = 1024

// Evaluator measures one architecture on one text. It compiles its graphs once,
// so measuring several sets of weights is cheap.
type Evaluator struct {
	network Network
	tokens  prepare.Tokens
	context int
	backend compute.Backend
	graphs  graphs
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
	evaluator := &Evaluator{network: network, tokens: tokens, context: context, backend: backend}
	if err := evaluator.prepare(); err != nil {
		return nil, fmt.Errorf("prepare evaluation: %w", err)
	}
	return evaluator, nil
}

// Measure evaluates one set of weights.
func (e *Evaluator) Measure(weights Weights) (contract.Evaluation, error) {
	result := contract.Evaluation{Windows: len(e.tokens.IDs) / e.context, Context: e.context, Ternary: e.network.Ternary}
	windows, err := e.nats(weights, result.Windows)
	if err != nil {
		return contract.Evaluation{}, fmt.Errorf("evaluate: %w", err)
	}
	var nats float64
	for _, window := range windows {
		nats += window
	}
	result.Blocks = e.blocks(windows)
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
		return contract.Evaluation{}, fmt.Errorf("evaluate: perplexity is %v, want a finite number", result.EvalPPL)
	}
	return result, nil
}

// batchWindows is the number of windows computed at once.
func (e *Evaluator) batchWindows() int { return max(1, batchTokens/e.context) }

// nats are the negative log-likelihoods of the text's first windows.
func (e *Evaluator) nats(weights Weights, windows int) ([]float64, error) {
	batches, probes := e.withProbes(e.batches(windows))
	losses, err := e.run(weights, batches)
	if err != nil {
		return nil, err
	}
	nats, err := e.sums(batches, losses)
	if err != nil {
		return nil, err
	}
	return nats, e.checkCausality(probes, losses)
}

// batch is some windows that are computed at once.
type batch struct {
	tokens  []int32 // [batch windows · context]
	targets []int32 // what follows each; that of a window's last token is meaningless
	windows int     // how many of them count; the others are copies or probes
}

// batches cuts the text's first windows into batches. The last is filled up with
// copies so that the shape is always the same.
func (e *Evaluator) batches(windows int) []batch {
	var batches []batch
	for first := 0; first < windows; first += e.batchWindows() {
		next := batch{windows: min(e.batchWindows(), windows-first)}
		for i := range e.batchWindows() {
			window := e.window(first + min(i, next.windows-1))
			next.tokens, next.targets = append(next.tokens, window...), append(next.targets, targets(window)...)
		}
		batches = append(batches, next)
	}
	return batches
}

// window are the tokens [context] of one of the text's windows.
func (e *Evaluator) window(number int) []int32 {
	return e.tokens.IDs[number*e.context : (number+1)*e.context]
}

// targets are what follows each of a window's tokens, and 0 behind the last.
func targets(window []int32) []int32 { return append(slices.Clone(window[1:]), 0) }
