package main

import (
	"math"
	"math/rand/v2"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// noise is how log eval_ppl scatters from seed to seed.
type noise struct {
	name   string
	shared float64 // Standard deviation of what champion and candidate have in common on a seed.
	own    float64 // Standard deviation of what each has of its own.
	uneven float64 // Each recipe's own part is scaled by exp(uneven·z), z standard normal.
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

// world draws one run.
type world struct {
	random     *rand.Rand
	noise      noise
	rule       verdict.Rule
	unguarded  bool      // what is clear is kept at once, and no ledger is kept of simplifications
	shared     []float64 // by paired seed
	champion   *recipe
	others     verdict.Spread
	pairs      []verdict.Spread
	simplified []table.Measure
	trained    int
}

// baselineReruns is how often a run trains the baseline on fresh seeds.
const baselineReruns = 3

func newWorld(random *rand.Rand, n noise, rule verdict.Rule) *world {
	w := &world{random: random, noise: n, rule: rule}
	w.champion = w.newRecipe(&recipe{}, change{})
	fresh := make([]float64, baselineReruns)
	for i := range fresh {
		fresh[i] = w.random.NormFloat64() * math.Hypot(n.shared, w.champion.own)
	}
	w.others = verdict.SpreadOf(fresh)
	return w
}

// newRecipe is a recipe with a change. The champion's own bad seeds are part of its
// level from then on.
func (w *world) newRecipe(champion *recipe, c change) *recipe {
	level := champion.mean()
	return &recipe{
		level: level + c.effect, seldom: level + c.seldom, chance: c.chance,
		own: w.noise.own * math.Exp(w.noise.uneven*w.random.NormFloat64()),
	}
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
		r.values = append(r.values, level+w.shared[len(r.values)]+r.own*w.random.NormFloat64())
		w.trained++
	}
	return r.values[:k]
}

// experiment tries a change, and returns what became of it.
func (w *world) experiment(number int, c change) verdict.Action {
	candidate := w.newRecipe(w.champion, c)
	comparison := verdict.Comparison{
		Experiment: number, Others: w.others, Simpler: c.simpler,
		Worsened: verdict.Worsened(w.simplified), Pairs: verdict.CalmerHalf(w.pairs),
	}
	if w.unguarded {
		comparison.Worsened, comparison.Pairs = 0, verdict.Spread{}
	}
	for k := 1; ; k++ {
		values := w.measure(candidate, k)
		if k == 1 || w.unguarded || w.rule.NeedsChampion(comparison) {
			w.measure(w.champion, k)
		}
		both := min(k, len(w.champion.values))
		comparison.Champion, comparison.Candidate, comparison.Alone = w.champion.values[:both], values[:both], values[both:]
		look := w.look(comparison)
		if look.Action == verdict.ActionMore {
			comparison.Clear, comparison.Equal = look.Clear, look.Equal
			continue
		}
		w.decided(look, candidate)
		return look.Action
	}
}

// decided goes on with the champion, or with the candidate in its place.
func (w *world) decided(look verdict.Look, candidate *recipe) {
	if look.Action == verdict.ActionDiscard {
		w.others = w.others.With(verdict.SpreadOf(candidate.values))
		w.pairs = append(w.pairs, verdict.SpreadOf(differences(w.champion.values, candidate.values)))
		return
	}
	if look.Action == verdict.ActionSimplify {
		w.simplified = append(w.simplified, look.Change)
	}
	w.champion, w.others, w.pairs = candidate, verdict.Spread{}, nil
}

func differences(champion, candidate []float64) []float64 {
	both := make([]float64, min(len(champion), len(candidate)))
	for i := range both {
		both[i] = candidate[i] - champion[i]
	}
	return both
}

// look applies the rule.
func (w *world) look(c verdict.Comparison) verdict.Look {
	switch {
	case w.rule.Sequential():
		return w.sequential(c)
	case c.Candidate[0] < c.Champion[0]:
		return verdict.Look{Action: verdict.ActionKeep}
	}
	return verdict.Look{Action: verdict.ActionDiscard}
}

func (w *world) sequential(c verdict.Comparison) verdict.Look {
	look := w.rule.Glance(c)
	switch {
	case w.unguarded && look.Clear:
		look.Action = verdict.ActionKeep
	case w.unguarded && look.Equal:
		look.Action = verdict.ActionSimplify
	}
	return look
}
