package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// A figure is worth nothing if a token was predicted from itself or from later
// ones. The network sees to it that none is (package llama). Whether it holds is
// tested all the same, on the weights at hand: some windows are computed once more,
// with other tokens from a position on, and the losses before it must stay the same
// to the bit. Windows, positions and tokens are drawn anew each time, from what the
// system has of chance, so that no weights can be made to suit them.

// probe is a window that is computed once more with other tokens from a position on.
type probe struct {
	window   int // the unchanged one
	batch    int // computes the changed one, in the same place as the unchanged is in its own
	position int // of the first changed token, from 1 on
}

// batchesPerMore is the number of batches for which there is one more of probes alone,
// a fiftieth of the work.
const batchesPerMore = 50

// withProbes puts probes into the places of the last batch that no window takes, and
// into one more batch for each 50. Where that makes no probe, it adds a batch.
func (e *Evaluator) withProbes(batches []batch) ([]batch, []probe) {
	places, windows, last := e.batchWindows(), 0, len(batches)-1
	for _, batch := range batches {
		windows += batch.windows
	}
	more := len(batches) / batchesPerMore
	if last == 0 || batches[last].windows == places {
		more = max(more, 1)
	}
	for range more {
		batches = append(batches, batch{tokens: slices.Clone(batches[last].tokens), targets: slices.Clone(batches[last].targets)})
	}
	var probes []probe
	for i := max(last, 1); i < len(batches); i++ {
		for place := batches[i].windows; place < min(places, windows); place++ {
			// Rounding must be the same only in the same place, of a batch of the same
			// shape: a window that was there in an earlier batch is taken.
			earlier := min(i, (windows-place+places-1)/places)
			probes = append(probes, probe{window: rand.IntN(earlier)*places + place, batch: i})
		}
	}
	for i, part := range rand.Perm(len(probes)) { // positions of all parts of a window
		share := (float64(part) + rand.Float64()) / float64(len(probes))
		probes[i].position = 1 + int(share*float64(e.context-1))
		e.change(batches[probes[i].batch], probes[i])
	}
	return batches, probes
}

// change puts a probe's window, with other tokens from its position on, into a
// batch. The targets stay the window's own.
func (e *Evaluator) change(batch batch, probe probe) {
	window, start := e.window(probe.window), probe.window%e.batchWindows()*e.context
	copy(batch.tokens[start:], window[:probe.position])
	copy(batch.tokens[start+probe.position:], e.otherThan(window[probe.position:]))
	copy(batch.targets[start:], targets(window))
}

// otherThan are as many tokens, of which the first is another: at random a piece of
// the text from elsewhere, or any tokens.
func (e *Evaluator) otherThan(tokens []int32) []int32 {
	others, vocab := slices.Clone(tokens), int32(e.network.Config.VocabSize)
	if rand.IntN(2) == 0 {
		copy(others, e.tokens.IDs[rand.IntN(len(e.tokens.IDs)-len(tokens)+1):])
	} else {
		for i := range others {
			others[i] = rand.Int32N(vocab)
		}
	}
	if others[0] == tokens[0] {
		others[0] = (tokens[0] + 1 + rand.Int32N(max(1, vocab-1))) % vocab
	}
	return others
}

// checkCausality compares the losses before a probe's position with those of the
// unchanged window.
func (e *Evaluator) checkCausality(probes []probe, losses [][]float32) error {
	places := e.batchWindows()
	for _, probe := range probes {
		start := probe.window % places * e.context
		before, after := losses[probe.window/places][start:], losses[probe.batch][start:]
		for row := range probe.position {
			if math.Float32bits(before[row]) != math.Float32bits(after[row]) {
				return fmt.Errorf("window %d: the loss of token %d is %v, but %v where tokens from %d on are others: "+
					"the model sees what it is to predict, or the backend computes the same differently from call to call "+
					"(does measuring the full-precision model fail, too?)", probe.window, row+1, before[row], after[row], probe.position)
			}
		}
	}
	return nil
}
