package results

import "math"

// Worsened is what the simplifications of a run are believed to have cost in all,
// as a difference of log eval_ppl, before the experiment of that number. Each is
// charged with the change that it was kept with. One that was better gives back
// what those before it cost, and no more; a gain for which an experiment was kept
// gives back nothing. So the champion is never worse than the best before it by more
// than this.
func Worsened(experiments []Experiment, number int) float64 {
	cost := 0.
	for _, e := range experiments {
		if e.Number < number && e.Status == StatusSimplify && e.Change.Valid() {
			cost = max(0, cost+math.Log1p(float64(e.Change)))
		}
	}
	return cost
}
