package memory

import (
	"fmt"

	"github.com/ternlab/ternlab/trainer/llama"
)

// Plan is a training as far as its memory depends on it.
type Plan struct {
	Config   llama.Config
	Batch    int  // sequences that pass through the network at once
	Sequence int  // tokens of each
	States   int  // tensors that the optimizer keeps for a weight
	ByLayer  bool // one layer's graph at a time
	Plugin   bool // a PJRT plugin computes, not Go
	Context  int  // tokens of an evaluation's window; 0: nothing is evaluated
}

// Megabytes that a process takes whatever it trains.
const (
	baseGo     = 75
	basePlugin = 390
)

// word is the size of a float32 in bytes.
const word = 4

// evaluated is the number of tokens that an evaluation computes at once, unless a
// window is longer.
const evaluated = 1024

// chunk is the most rows of SmolLM's logits that are held at once.
const chunk = 256

// Peak is the most memory that the training's process is expected to take, in
// bytes: what it needs in a step or in an evaluation, whichever is more.
func (p Plan) Peak() int64 {
	base := int64(baseGo)
	if p.Plugin {
		base = basePlugin
	}
	return base*1e6 + word*max(p.stepWords(), p.evaluationWords())
}

func (p Plan) rows() int64 { return int64(p.Batch) * int64(p.Sequence) }

func (p Plan) parameters() int64 { return int64(p.Config.NumParameters()) }

// stepWords is the number of float32s that live at the same time in a step.
func (p Plan) stepWords() int64 {
	states := int64(p.States)
	if !p.ByLayer {
		after := (2 + states) * p.parameters() // gradients, new weights and states
		logits := 3 * p.rows() * int64(p.Config.VocabSize)
		return p.resident() + after + logits + int64(p.Config.NumHiddenLayers)*p.layerWords(6, 12, 4)
	}
	gradients := p.parameters()
	update := (3 + states) * p.embedding() // weight, states and gradient twice, anew
	logits := 6 * min(chunk, p.rows()) * int64(p.Config.VocabSize)
	// What was kept is freed by the time of the update, but allocators hold on to it.
	return p.resident() + gradients + update + p.kept() + p.layerWords(10, 12, 6) + logits
}

// resident is what a training holds all the time: weights and states.
func (p Plan) resident() int64 { return (1 + int64(p.States)) * p.parameters() }

func (p Plan) embedding() int64 { return int64(p.Config.VocabSize) * int64(p.Config.HiddenSize) }

// kept is what a step by layers keeps of all layers for the backward pass: x and
// the outputs of attention and linear layers.
func (p Plan) kept() int64 {
	c := p.Config
	keyValue := c.NumKeyValueHeads * c.HeadDim()
	each := 5*c.HiddenSize + 2*keyValue + 2*c.IntermediateSize
	return p.rows() * int64(each) * int64(c.NumHiddenLayers)
}

// layerWords is what one layer computes on the way: so many values of the width
// of its feed-forward part and of its hidden state for each token, and so many
// matrices of attention scores.
func (p Plan) layerWords(wide, hidden, scores int64) int64 {
	c := p.Config
	each := wide*int64(c.IntermediateSize) + hidden*int64(c.HiddenSize)
	attention := scores * int64(c.NumAttentionHeads) * int64(p.Sequence)
	return p.rows() * (each + attention)
}

// evaluationWords is the number of float32s that live at the same time in an
// evaluation, which runs layer by layer: the training's, the export's, and what
// the evaluator computes.
func (p Plan) evaluationWords() int64 {
	if p.Context == 0 {
		return 0
	}
	codes := 2 * (p.parameters() - p.embedding()) / word // now and at the evaluation before, a byte each
	evaluator := 2 * p.embedding()                       // the export's, and on the backend
	batch := p
	batch.Batch, batch.Sequence = max(1, evaluated/p.Context), p.Context
	logits := 4 * min(chunk, batch.rows()) * int64(p.Config.VocabSize)
	return p.resident() + codes + evaluator + batch.layerWords(4, 8, 2) + logits
}

// Check refuses a training that won't fit in limit bytes, with figures and, if
// there is one, a smaller shape that fits.
func (p Plan) Check(limit int64) error {
	if p.Peak() <= limit {
		return nil
	}
	need := fmt.Sprintf("batches of %d × %d tokens need about %s of memory, and %s is the limit", p.Batch, p.Sequence, Format(p.Peak()), Format(limit))
	fits, found := p.Smaller(limit)
	if !found {
		return fmt.Errorf("%s; even 1 × 64 tokens need about %s", need, Format(fits.Peak()))
	}
	return fmt.Errorf("%s; %d × %d tokens would fit (about %s): lower BatchSize or SequenceLength in the recipe, and raise AccumulationSteps to see as many tokens a step, or raise --memory-limit",
		need, fits.Batch, fits.Sequence, Format(fits.Peak()))
}

// Smaller is the largest plan that fits in limit bytes, found by halving the
// batch, then the sequence down to 64 tokens. Where none fits it returns the
// smallest.
func (p Plan) Smaller(limit int64) (plan Plan, found bool) {
	for p.Peak() > limit {
		switch {
		case p.Batch > 1:
			p.Batch /= 2
		case p.Sequence > 64:
			p.Sequence = max(64, p.Sequence/2)
		default:
			return p, false
		}
	}
	return p, true
}
