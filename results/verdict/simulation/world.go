package main

import (
	"cmp"
	"math"
	"math/rand/v2"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// noise is how log eval_ppl scatters from seed to seed.
type noise struct {
	name    string
	shared  float64 // Standard deviation of what champion and candidate have in common on a seed.
	own     float64 // Standard deviation of what each has of its own.
	uneven  float64 // Each recipe's own part is scaled by exp(uneven·z), z standard normal.
	tails   bool    // The own part is Student's t with 4 degrees of freedom, of the same standard deviation.
	skewed  bool    // The own part is a shifted exponential: mostly a little good, seldom very bad.
	noisier float64 // Candidates' own part is so many times the champion's, until they are one; 0: as noisy.
}

// change is what a candidate does to log eval_ppl: the same on every seed, or, with a
// chance, something else on a seed.
type change struct {
	effect  float64
	seldom  float64 // in the place of effect
	chance  float64 // of that, on each seed
	simpler bool    // it takes code out
}

// mean is what it does on average over all seeds.
func (c change) mean() float64 { return (1-c.chance)*c.effect + c.chance*c.seldom }

// recipe is one that is measured on seed after seed.
type recipe struct {
	level  float64 // Of log eval_ppl, on most seeds.
	seldom float64 // On the others.
	chance float64
	own    float64
	values []float64
}

// mean is the recipe's true log eval_ppl.
func (r recipe) mean() float64 { return (1-r.chance)*r.level + r.chance*r.seldom }

// bySeed are its values as verdict.Residuals takes them.
func (r recipe) bySeed() map[uint64]float64 {
	values := map[uint64]float64{}
	for i, value := range r.values {
		values[uint64(i)] = value
	}
	return values
}

// world draws one run.
type world struct {
	random     *rand.Rand
	noise      noise
	rule       verdict.Rule
	shared     []float64 // by paired seed
	champion   *recipe
	family     []map[uint64]float64 // compared with this champion before, the champion left out
	others     verdict.Spread
	former     verdict.Spread
	keeps      []int
	simplified []table.Measure
	trained    int
}

// baselineReruns is how often a run trains the baseline on fresh seeds.
const baselineReruns = 3

func newWorld(random *rand.Rand, n noise, rule verdict.Rule) *world {
	w := &world{random: random, noise: n, rule: rule}
	w.champion = w.newRecipe(&recipe{}, change{}, 1)
	fresh := make([]float64, baselineReruns)
	for i := range fresh {
		fresh[i] = w.random.NormFloat64()*n.shared + w.draw(w.champion.own)
	}
	w.others = verdict.SpreadOf(fresh)
	return w
}

// newRecipe is a recipe with a change. The champion's own bad seeds are part of its
// level from then on.
func (w *world) newRecipe(champion *recipe, c change, noisier float64) *recipe {
	level := champion.mean()
	return &recipe{
		level: level + c.effect, seldom: level + c.seldom, chance: c.chance,
		own: w.noise.own * noisier * math.Exp(w.noise.uneven*w.random.NormFloat64()),
	}
}

// draw is a recipe's own part on a seed.
func (w *world) draw(own float64) float64 {
	switch {
	case w.noise.tails:
		var squares float64
		for range 4 {
			squares += math.Pow(w.random.NormFloat64(), 2)
		}
		return own * w.random.NormFloat64() / math.Sqrt(squares/4) / math.Sqrt2
	case w.noise.skewed:
		return own * (w.random.ExpFloat64() - 1)
	}
	return own * w.random.NormFloat64()
}

// measure trains the recipe on paired seeds until it has k values.
func (w *world) measure(r *recipe, k int) []float64 {
	for len(w.shared) < k {
		w.shared = append(w.shared, w.noise.shared*w.random.NormFloat64())
	}
	for len(r.values) < k {
		level := r.level
		if r.chance > 0 && w.random.Float64() < r.chance {
			level = r.seldom
		}
		r.values = append(r.values, level+w.shared[len(r.values)]+w.draw(r.own))
		w.trained++
	}
	return r.values[:k]
}

// experiment tries a change, and returns what became of it.
func (w *world) experiment(number int, c change) verdict.Action {
	candidate := w.newRecipe(w.champion, c, cmp.Or(w.noise.noisier, 1))
	comparison := verdict.Comparison{
		Experiment: number, Keeps: w.keeps, Others: w.others, Former: w.former, Simpler: c.simpler, Worsened: verdict.Worsened(w.simplified),
	}
	for k := 1; ; k++ {
		values := w.measure(candidate, k)
		if k == 1 || w.rule.NeedsChampion(comparison) {
			w.measure(w.champion, k)
		}
		both := min(k, len(w.champion.values))
		comparison.Champion, comparison.Candidate, comparison.Alone = w.champion.values[:both], values[:both], values[both:]
		if k > 1 {
			comparison.Noise = verdict.Residuals(append([]map[uint64]float64{w.champion.bySeed()}, w.family...))
		}
		look := w.look(comparison)
		if look.Action == verdict.ActionMore {
			comparison.Clear, comparison.Equal = look.Clear, look.Equal
			continue
		}
		w.decided(number, look, candidate)
		return look.Action
	}
}

// decided goes on with the champion, or with the candidate in its place.
func (w *world) decided(number int, look verdict.Look, candidate *recipe) {
	switch look.Action {
	case verdict.ActionDiscard, verdict.ActionPromise:
		w.others = w.others.With(verdict.SpreadOf(candidate.values))
		if len(candidate.values) > 1 {
			w.family = append(w.family, candidate.bySeed())
		}
		return
	case verdict.ActionSimplify:
		w.simplified = append(w.simplified, look.Change)
	case verdict.ActionKeep:
		w.keeps = append(w.keeps, number)
	}
	w.former = w.former.With(verdict.Residuals(append([]map[uint64]float64{w.champion.bySeed()}, w.family...)))
	candidate.own /= cmp.Or(w.noise.noisier, 1)
	w.champion, w.others, w.family = candidate, verdict.Spread{}, nil
}

// look applies the rule.
func (w *world) look(c verdict.Comparison) verdict.Look {
	switch {
	case w.rule.Sequential():
		return w.rule.Glance(c)
	case c.Candidate[0] < c.Champion[0]:
		return verdict.Look{Action: verdict.ActionKeep}
	}
	return verdict.Look{Action: verdict.ActionDiscard}
}
