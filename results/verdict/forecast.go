package verdict

import (
	"math"
	"math/rand/v2"
)

// Noise is how log eval_ppl scatters from seed to seed.
type Noise struct {
	Single   Spread // Of one recipe's values.
	Residual Spread // Of what recipe and seed leave of them, as [Residuals] has it.
}

// Forecast is what a rule finds at the noise that is known.
type Forecast struct {
	Differences float64 // Standard deviation of a difference on one seed, of log eval_ppl.
	Gain        float64 // The gain that is found [FoundOften] of the times, a share of eval_ppl: 0.05 is 5 % lower.
}

// FoundOften is how often a forecast's gain is found.
const FoundOften = 0.8

// Forecast plays the rule on candidates of every size at the noise that is known, and
// returns the smallest gain that is kept 4 times in 5. It is false where too little of
// the noise is known, or even eval_ppl at a hundredth isn't found as often. The same
// noise always has the same forecast.
func (r Rule) Forecast(n Noise) (Forecast, bool) {
	const enough = 3 // degrees of freedom
	const steps = 10 // each takes the root of what is between the two
	const least = 5e-4
	if !r.Sequential() || n.Residual.DF < enough || n.Residual.Squares <= 0 {
		return Forecast{}, false
	}
	low, high := least, math.Log(100)
	if r.finds(n, high) < FoundOften {
		return Forecast{}, false
	}
	for range steps {
		if middle := math.Sqrt(low * high); r.finds(n, middle) < FoundOften {
			low = middle
		} else {
			high = middle
		}
	}
	return Forecast{Differences: math.Sqrt(2 * n.Residual.Variance()), Gain: -math.Expm1(-high)}, true
}

// finds is how often a candidate is kept that lowers log eval_ppl by a gain.
func (r Rule) finds(n Noise, gain float64) float64 {
	const candidates = 200
	kept := 0
	for i := range uint64(candidates) {
		if r.keeps(n, gain, rand.New(rand.NewPCG(i, 1))) { //nolint:gosec // a simulation
			kept++
		}
	}
	return float64(kept) / candidates
}

// keeps plays the looks at one candidate.
func (r Rule) keeps(n Noise, gain float64, random *rand.Rand) bool {
	own := math.Sqrt(n.Residual.Variance())
	shared := math.Sqrt(max(0, n.Single.Variance()-n.Residual.Variance()))
	if n.Single.DF == 0 {
		shared = 0
	}
	c := Comparison{Experiment: 1, Others: n.Single, Noise: n.Residual}
	for k := 1; ; k++ {
		luck := shared * random.NormFloat64()
		c.Champion = append(c.Champion, luck+own*random.NormFloat64())
		c.Candidate = append(c.Candidate, luck-gain+own*random.NormFloat64())
		look := r.Glance(c)
		if look.Action != ActionMore {
			return look.Action == ActionKeep
		}
		c.Clear, c.Equal = look.Clear, look.Equal
	}
}
