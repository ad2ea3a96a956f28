package main

import (
	"math"
	"math/rand/v2"

	"github.com/ternlab/ternlab/results"
)

// noise is how log eval_ppl scatters from seed to seed.
type noise struct {
	name   string
	shared float64 // Standard deviation of what champion and candidate have in common on a seed.
	own    float64 // Standard deviation of what each has of its own.
	uneven float64 // Each recipe's own part is scaled by exp(uneven·z), z standard normal.
}

// recipe is one that is measured on seed after seed.
type recipe struct {
	mean   float64
	own    float64
	values []float64
}

// world draws one run.
type world struct {
	random   *rand.Rand
	noise    noise
	rule     results.Rule
	simpler  bool      // candidates have less code
	shared   []float64 // by paired seed
	champion *recipe
	others   results.Spread
	trained  int
}

// baselineReruns is how often a run trains the baseline on fresh seeds.
const baselineReruns = 3

func newWorld(random *rand.Rand, n noise, rule results.Rule, simpler bool) *world {
	w := &world{random: random, noise: n, rule: rule, simpler: simpler}
	w.champion = w.newRecipe(0)
	fresh := make([]float64, baselineReruns)
	for i := range fresh {
		fresh[i] = w.random.NormFloat64() * math.Hypot(n.shared, w.champion.own)
	}
	w.others = results.SpreadOf(fresh)
	return w
}

func (w *world) newRecipe(mean float64) *recipe {
	return &recipe{mean: mean, own: w.noise.own * math.Exp(w.noise.uneven*w.random.NormFloat64())}
}

// measure trains the recipe on paired seeds until it has k values.
func (w *world) measure(r *recipe, k int) []float64 {
	for len(w.shared) < k {
		w.shared = append(w.shared, w.noise.shared*w.random.NormFloat64())
	}
	for len(r.values) < k {
		r.values = append(r.values, r.mean+w.shared[len(r.values)]+r.own*w.random.NormFloat64())
		w.trained++
	}
	return r.values[:k]
}

// experiment tries a candidate whose eval_ppl is truly the champion's times
// exp(effect), and returns what became of it.
func (w *world) experiment(number int, effect float64) results.Action {
	candidate := w.newRecipe(w.champion.mean + effect)
	for k := 1; ; k++ {
		action := w.action(results.Comparison{
			Experiment: number, Champion: w.measure(w.champion, k), Candidate: w.measure(candidate, k),
			Others: w.others, Simpler: w.simpler,
		})
		switch action {
		case results.ActionMore:
			continue
		case results.ActionDiscard:
			w.others = w.others.With(results.SpreadOf(candidate.values))
		default:
			w.champion, w.others = candidate, results.Spread{}
		}
		return action
	}
}

// action applies the rule.
func (w *world) action(c results.Comparison) results.Action {
	switch {
	case w.rule.Sequential():
		return w.rule.Action(c)
	case c.Candidate[0] < c.Champion[0]:
		return results.ActionKeep
	}
	return results.ActionDiscard
}
