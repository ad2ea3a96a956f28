package verdict

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/ternlab/ternlab/results/table"
)

// Gap is how much of a gain holds for the text that verdicts rest on alone. Changes
// are relative, and compared by the ratio of what they leave: 0.1 says that eval_ppl
// on the unseen text is 10 % higher than the gain on the other lets expect.
type Gap struct {
	Gap       table.Measure `json:"gap"`
	Low       table.Measure `json:"low"` // 95 % confidence interval, seeds and texts being samples; missing where the journal says too little.
	High      table.Measure `json:"high"`
	Disagrees bool          `json:"disagrees"` // Less of the gain holds for the unseen text than noise explains.
}

// leastGap is the share of the gain, in log eval_ppl, that must be missing on the
// unseen text for the texts to disagree. Fifty changes that were chosen by one text
// have a little of its luck in them, and long texts show the least of it.
const leastGap = 0.1

// Measured is one model on one text.
type Measured struct {
	Log    float64   // Its log eval_ppl.
	Blocks []float32 // Nats per token of pieces of the text.
}

// Sides are baseline and champion on one text, seed by seed.
type Sides struct{ Baseline, Champion []Measured }

// gains are the differences of log eval_ppl, champion less baseline, by seed.
func (s Sides) gains() []float64 {
	gains := make([]float64, len(s.Champion))
	for i := range gains {
		gains[i] = s.Champion[i].Log - s.Baseline[i].Log
	}
	return gains
}

// textError is the standard error that the mean gain has for being measured
// on this text and no other of its kind: its pieces are a sample of what the language
// has. ok is false where they aren't known.
func (s Sides) textError() (ofText standardError, ok bool) {
	pieces := len(s.Champion[0].Blocks)
	gains := make([]float64, pieces)
	for seed := range s.Champion {
		baseline, champion := s.Baseline[seed].Blocks, s.Champion[seed].Blocks
		if len(baseline) != pieces || len(champion) != pieces {
			return standardError{}, false
		}
		for i := range gains {
			gains[i] += float64(champion[i]-baseline[i]) / float64(len(s.Champion))
		}
	}
	if pieces < 2 {
		return standardError{}, false
	}
	return standardErrorOf(gains), true
}

// GapOf compares the gain on the text that verdicts rest on with that on an unseen
// one, over the same seeds. The error of their difference has three parts: what the
// difference scatters from seed to seed, and for each text what the gain scatters from
// piece to piece.
func GapOf(seen, unseen Sides) Gap {
	const oneSide = 0.025
	bySeed := make([]float64, len(seen.Champion))
	seenGains, unseenGains := seen.gains(), unseen.gains()
	for i := range bySeed {
		bySeed[i] = unseenGains[i] - seenGains[i]
	}
	gap := stat.Mean(bySeed, nil)
	found := Gap{Gap: Relative(gap), Low: table.Missing(), High: table.Missing()}
	ofSeen, seenOK := seen.textError()
	ofUnseen, unseenOK := unseen.textError()
	if len(bySeed) < 2 || !seenOK || !unseenOK {
		return found
	}
	width := halfWidth(oneSide, standardErrorOf(bySeed), ofSeen, ofUnseen)
	found.Low, found.High = Relative(gap-width), Relative(gap+width)
	found.Disagrees = gap-width > 0 && gap > -leastGap*stat.Mean(seenGains, nil)
	return found
}

// standardErrorOf is that of the mean of values, two or more.
func standardErrorOf(values []float64) standardError {
	return standardError{math.Sqrt(stat.Variance(values, nil) / float64(len(values))), len(values) - 1}
}

// halfWidth is how far the true sum may lie from what was measured to one side, but
// for a chance of about alpha: each part's own, their squares added up. With few seeds
// that is wider than one quantile for all, which errs too often then.
func halfWidth(alpha float64, parts ...standardError) float64 {
	var squared float64
	for _, part := range parts {
		if part.value > 0 {
			squared += math.Pow(part.value*quantile(alpha, part.df), 2)
		}
	}
	return math.Sqrt(squared)
}
