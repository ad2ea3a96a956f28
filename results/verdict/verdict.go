package verdict

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/ternlab/ternlab/results/table"
)

// Outcome is what [Decide] compares: a figure, and the seeds that it was
// measured with.
type Outcome struct {
	Seeds   []uint64
	EvalPPL table.Measure
}

// Verdict is the decision on a candidate that was evaluated.
type Verdict struct {
	Keep   bool
	Reason string // One short sentence for a person, with the figures.
}

// Decide is the rule of program.md: a candidate is kept when its eval_ppl is
// lower than the champion's, measured on the same seeds. A figure that is
// missing, or below 1, which no perplexity is, never keeps.
func Decide(champion, candidate Outcome) Verdict {
	switch {
	case !candidate.EvalPPL.Valid():
		return Verdict{Reason: "eval_ppl is missing"}
	case candidate.EvalPPL < 1:
		return Verdict{Reason: fmt.Sprintf("eval_ppl %s is below 1, which no perplexity is", candidate.EvalPPL)}
	case !champion.EvalPPL.Valid():
		return Verdict{Reason: "the champion's eval_ppl is missing"}
	case !slices.Equal(champion.Seeds, candidate.Seeds):
		return Verdict{Reason: fmt.Sprintf("seeds %v differ from the champion's %v", candidate.Seeds, champion.Seeds)}
	}
	return compare(champion.EvalPPL, candidate.EvalPPL)
}

func compare(champion, candidate table.Measure) Verdict {
	if candidate == champion {
		return Verdict{Reason: fmt.Sprintf("eval_ppl %.2f equals the champion's", candidate)}
	}
	a, b := distinctFigures(champion, candidate)
	change := 100 * float64(candidate/champion-1)
	if candidate < champion {
		return Verdict{Keep: true, Reason: fmt.Sprintf("eval_ppl %s is lower than the champion's %s (%+.2f %%)", b, a, change)}
	}
	return Verdict{Reason: fmt.Sprintf("eval_ppl %s is higher than the champion's %s (%+.2f %%)", b, a, change)}
}

// distinctFigures rounds two different values to two decimals, or to as many
// as it takes for a reader to see that they differ.
func distinctFigures(a, b table.Measure) (roundedA, roundedB string) {
	const enough = 17 // decimal digits of any float64
	scale := math.Log10(math.Abs(float64(a - b)))
	decimals := min(max(2, int(math.Ceil(-scale))), enough)
	return strconv.FormatFloat(float64(a), 'f', decimals, 64), strconv.FormatFloat(float64(b), 'f', decimals, 64)
}
