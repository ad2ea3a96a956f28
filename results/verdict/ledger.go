package verdict

import (
	"math"

	"github.com/ternlab/ternlab/results/table"
)

// Worsened is what the simplifications of a run are believed to have cost in all,
// as a difference of log eval_ppl, by the changes that they were kept with, in their
// order. One that was better gives back
// what those before it cost, and no more; a gain for which an experiment was kept
// gives back nothing. So the champion is never worse than the best before it by more
// than this.
func Worsened(changes []table.Measure) float64 {
	cost := 0.
	for _, change := range changes {
		if change.Valid() {
			cost = max(0, cost+math.Log1p(float64(change)))
		}
	}
	return cost
}
