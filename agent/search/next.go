package search

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// ErrExhausted says that no recipe was found that wasn't tried.
var ErrExhausted = errors.New("every recipe nearby was tried")

// Known is what a proposal rests on.
type Known struct {
	Space        Space
	Champion     Recipe
	Observations []Observation
	Noise        float64                       // Standard deviation of one training's loss; 0: unknown.
	Seed         uint64                        // Of the design.
	Tried        func(Recipe) bool             // Must not be proposed again.
	Refused      func(name, value string) bool // Recipes with the value are likely to be refused; nil: none.
}

// Suggestion is a recipe to try next.
type Suggestion struct {
	Recipe   Recipe
	Explores bool    // It is one of the design; nothing is expected of it.
	Expected float64 // Loss that is expected, in the observations' units.
	Spread   float64 // Standard deviation of that.
	Before   float64 // Loss that is expected of the champion.
	// Credit is by how much the expected loss would rise without each change of the
	// champion, by the knob's name.
	Credit map[string]float64
}

// Next suggests the recipe to try next.
func Next(known Known, random *rand.Rand) (Suggestion, error) {
	if known.Refused == nil {
		known.Refused = func(_, _ string) bool { return false }
	}
	if index := len(known.Observations) - 1; index < DesignSize {
		if recipe := known.allowed(known.Space.design(known.Seed, max(0, index))); !known.Tried(recipe) {
			return Suggestion{Recipe: recipe, Explores: true}, nil
		}
	}
	p := newProcess(known.Space, known.Observations)
	if err := p.fit(known.Noise); err != nil {
		return Suggestion{}, err
	}
	a := acquisition{Known: known, process: p, best: p.lowest(), random: random}
	recipe, ok := a.maximize()
	if !ok {
		return Suggestion{}, ErrExhausted
	}
	recipe = a.prune(recipe)
	mean, spread := p.predict(known.Space.point(recipe))
	before, _ := p.predict(known.Space.point(known.Champion))
	return Suggestion{
		Recipe: recipe, Expected: p.mean + p.spread*mean, Spread: p.spread * spread, Before: p.mean + p.spread*before,
		Credit: a.credit(recipe),
	}, nil
}

// allowed replaces values that would be refused by the champion's, and settles the
// recipe.
func (k Known) allowed(recipe Recipe) Recipe {
	recipe = maps.Clone(recipe)
	for name, value := range recipe {
		if value != k.Champion[name] && k.Refused(name, value) {
			recipe[name] = k.Champion[name]
		}
	}
	return k.Space.Settle(recipe, k.Champion)
}

// lowest is the lowest loss that the process expects of any recipe that was measured.
func (p *process) lowest() float64 {
	lowest := math.Inf(1)
	for _, point := range p.points {
		mean, _ := p.predict(point)
		lowest = min(lowest, mean)
	}
	return lowest
}

// acquisition is the search for the recipe of which most is expected.
type acquisition struct {
	Known
	process *process
	best    float64 // the loss to improve on
	random  *rand.Rand
}

// value is the logarithm of the improvement that is expected of a recipe.
func (a *acquisition) value(recipe Recipe) float64 {
	mean, spread := a.process.predict(a.Space.point(recipe))
	return math.Log(spread) + logImprovement((a.best-mean)/spread)
}

// logImprovement is log(φ(z) + z·Φ(z)), of the expected improvement in standard
// deviations. Far below 0 it is by the asymptotic series of the tail.
func logImprovement(z float64) float64 {
	if z > -6 {
		return math.Log(distuv.UnitNormal.Prob(z) + z*distuv.UnitNormal.CDF(z))
	}
	return -z*z/2 - math.Log(2*math.Pi)/2 - 2*math.Log(-z) + math.Log1p(-3/(z*z))
}

const (
	scattered = 300 // recipes drawn from the whole space
	mutated   = 300 // from around the best
	elite     = 5   // how many are the best
	climbed   = 6   // from how many the search climbs
	sweeps    = 4   // over the knobs, at most
)

type scored struct {
	recipe Recipe
	value  float64
}

// maximize returns the recipe with the highest value that it finds among those that
// weren't tried.
func (a *acquisition) maximize() (Recipe, bool) {
	starts := a.starts()
	best, found := scored{value: math.Inf(-1)}, false
	for _, start := range starts[:min(climbed, len(starts))] {
		reached := a.climb(start)
		if reached.value > best.value && !a.Tried(reached.recipe) {
			best, found = reached, true
		}
	}
	for _, s := range append(starts, a.neighbours(a.Champion)...) { // where all climbs end at what was tried
		if found {
			break
		}
		if !a.Tried(s.recipe) {
			best, found = s, true
		}
	}
	return best.recipe, found
}

// starts are recipes to climb from, the best first.
func (a *acquisition) starts() []scored {
	var all []scored
	add := func(recipe Recipe) {
		recipe = a.allowed(recipe)
		all = append(all, scored{recipe, a.value(recipe)})
	}
	for range scattered {
		add(a.mutate(a.Champion, 1))
	}
	around := a.elite()
	for i := range mutated {
		share := []float64{0.03, 0.1, 0.3}[i%3]
		add(a.mutate(around[i%len(around)], share))
	}
	slices.SortStableFunc(all, func(x, y scored) int { return cmp.Compare(y.value, x.value) })
	return all
}

// elite are the champion and the best of what was measured, as the process sees it.
func (a *acquisition) elite() []Recipe {
	order := make([]scored, len(a.Observations))
	for i, o := range a.Observations {
		mean, _ := a.process.predict(a.process.points[i])
		order[i] = scored{o.Recipe, -mean}
	}
	slices.SortStableFunc(order, func(x, y scored) int { return cmp.Compare(y.value, x.value) })
	recipes := []Recipe{a.Champion}
	for _, s := range order[:min(elite, len(order))] {
		recipes = append(recipes, s.recipe)
	}
	return recipes
}

// mutate draws each knob anew with a chance.
func (a *acquisition) mutate(recipe Recipe, chance float64) Recipe {
	changed := maps.Clone(recipe)
	for i, knob := range a.Space.knobs {
		if a.random.Float64() < chance {
			changed[knob.Name] = a.Space.values[i][a.random.IntN(len(a.Space.values[i]))]
		}
	}
	return changed
}

// climb changes one knob after another to its best value until that changes nothing.
func (a *acquisition) climb(from scored) scored {
	for range sweeps {
		before := from.value
		for _, i := range a.random.Perm(len(a.Space.knobs)) {
			if !a.Space.IsActive(from.recipe, i) {
				continue
			}
			from = a.bestValue(from, i)
		}
		if from.value <= before {
			break
		}
	}
	return from
}

// bestValue sets the knob of an index to the value with which the recipe is worth most.
func (a *acquisition) bestValue(from scored, i int) scored {
	best := from
	for _, value := range a.Space.values[i] {
		if value == from.recipe[a.Space.knobs[i].Name] {
			continue
		}
		changed := maps.Clone(from.recipe)
		changed[a.Space.knobs[i].Name] = value
		changed = a.allowed(changed)
		if v := a.value(changed); v > best.value && !a.Tried(changed) {
			best = scored{changed, v}
		}
	}
	return best
}

// neighbours are the recipes that differ from one in one knob.
func (a *acquisition) neighbours(of Recipe) []scored {
	var all []scored
	for i, knob := range a.Space.knobs {
		for _, value := range a.Space.values[i] {
			changed := maps.Clone(of)
			changed[knob.Name] = value
			all = append(all, scored{recipe: a.Space.Settle(changed, of)})
		}
	}
	return all
}

// tolerance is how much of the logarithm of the expected improvement may be given up for
// fewer changes.
const tolerance = 0.1

// prune takes those changes of the champion back that matter little, so that people
// see the others. The least comes first.
func (a *acquisition) prune(recipe Recipe) Recipe {
	floor := a.value(recipe) - tolerance
	for {
		best := scored{value: math.Inf(-1)}
		for _, knob := range a.Space.knobs {
			if recipe[knob.Name] == a.Champion[knob.Name] {
				continue
			}
			without := maps.Clone(recipe)
			without[knob.Name] = a.Champion[knob.Name]
			without = a.Space.Settle(without, a.Champion)
			if v := a.value(without); v > best.value && !a.Tried(without) {
				best = scored{without, v}
			}
		}
		if best.value < floor || math.IsInf(best.value, -1) {
			return recipe
		}
		recipe = best.recipe
	}
}

// credit is by how much the loss that is expected of a recipe would rise without each
// change of the champion, by the knob's name, in the observations' units.
func (a *acquisition) credit(recipe Recipe) map[string]float64 {
	whole, _ := a.process.predict(a.Space.point(recipe))
	credit := map[string]float64{}
	for _, knob := range a.Space.knobs {
		if recipe[knob.Name] == a.Champion[knob.Name] {
			continue
		}
		without := maps.Clone(recipe)
		without[knob.Name] = a.Champion[knob.Name]
		mean, _ := a.process.predict(a.Space.point(without))
		credit[knob.Name] = a.process.spread * (mean - whole)
	}
	return credit
}
