package verdict

import (
	"math"

	"github.com/ternlab/ternlab/results/table"
)

// raceAlpha is the chance that noise alone puts one evaluation outside the band.
const raceAlpha = 0.001

// Band is, by step, how far behind its champion a training may be and the noise
// from seed to seed still explain it: a difference of log eval_ppl.
type Band map[int]float64

// BandOf is the band where eval_ppl scatters so at each step, and that of what was
// exported so: it is nowhere narrower than the exports make it.
func BandOf(spreads map[int]Spread, exports Spread) Band {
	band := Band{}
	for step, spread := range spreads {
		if spread.DF > 0 {
			band[step] = max(raceWidth(spread), raceWidth(exports))
		}
	}
	return band
}

// raceWidth is how far two trainings may lie apart by a spread's noise.
func raceWidth(spread Spread) float64 {
	return math.Sqrt(2*spread.Variance()) * quantile(raceAlpha, spread.DF)
}

// Hopeless tells whether a training is to be stopped after its last evaluation,
// given its champion's curve on the same seed. Some schedules are behind at
// first and win in the end, so one evaluation outside the band is not enough: the
// last two must be, and the last must not even reach what the champion had one
// evaluation earlier.
func (b Band) Hopeless(champion, candidate []table.Point) bool {
	if len(candidate) < 2 {
		return false
	}
	last, before := candidate[len(candidate)-1], candidate[len(candidate)-2]
	earlier, ok := before.Beside(champion)
	return ok && b.behind(champion, last) && b.behind(champion, before) && last.EvalPPL > earlier.EvalPPL
}

// behind tells whether a point lies outside the band.
func (b Band) behind(champion []table.Point, point table.Point) bool {
	reference, ok := point.Beside(champion)
	width, measured := b[point.Place()]
	if !ok || !measured || !point.EvalPPL.Valid() {
		return false
	}
	return math.Log(float64(point.EvalPPL/reference.EvalPPL)) > width
}
