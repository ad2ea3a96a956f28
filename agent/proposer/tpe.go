package proposer

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/ternlab/ternlab/trainer/knobs"
)

const (
	// exploratory proposals come before the first that rests on a model.
	exploratory = 5
	// rootPrior is how many imagined experiments, spread evenly over the knobs,
	// temper the choice of the knob.
	rootPrior = 3
)

// tpeProposer is a tree-structured Parzen estimator (Bergstra et al., Algorithms
// for Hyper-Parameter Optimization, 2011) over changes of one knob. The tree's
// root is which knob to change, its branches are the knob's values.
//
// The values seen are split at the champion's own: those that did better than
// the value that the champion has now, with that value itself, and the others.
// (The paper splits at a quantile; one change at a time has a better mark in the
// champion.) A change without effect is on the bad side: a knob that another
// one has switched off must not look promising.
// Of all recipes one change away that were not tried, it proposes the one whose
// change is likeliest among the good and unlikeliest among the bad.
type tpeProposer struct{}

func (tpeProposer) Name() string { return TPE }

func (tpeProposer) Propose(ctx context.Context, c Context) (Proposal, error) {
	h, candidates, err := readCandidates(ctx, c)
	if err != nil {
		return Proposal{}, err
	}
	random := source(c)
	if fresh := h.untouched(candidates); h.moves() < exploratory && len(fresh) > 0 {
		drawn := draw(fresh, random)
		return drawn.proposal(c, h.explainExploring(drawn))
	}
	// In a random order, so that equals don't fall to the recipe's first knob.
	random.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	best := h.mostPromising(candidates)
	return best.proposal(c, h.explainChoice(best))
}

// moves counts the experiments that changed one knob.
func (h *history) moves() int {
	count := 0
	for _, seen := range h.observed {
		count += len(seen) - 1
	}
	return count
}

// untouched returns the candidates whose knob no experiment has moved alone.
func (h *history) untouched(candidates []candidate) []candidate {
	return slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool { return len(h.observed[c.knob.Name]) > 1 })
}

// mostPromising returns the first candidate with the highest ratio of its
// density among the good changes to that among the bad.
func (h *history) mostPromising(candidates []candidate) candidate {
	good, bad, goodTotal, badTotal := map[string][]string{}, map[string][]string{}, 0, 0
	for _, knob := range h.knobs {
		good[knob.Name], bad[knob.Name] = h.split(knob)
		goodTotal += len(good[knob.Name])
		badTotal += len(bad[knob.Name])
	}
	scores := map[string]map[string]float64{} // By knob and value.
	for _, knob := range h.knobs {
		name := knob.Name
		root := math.Log(h.rootDensity(len(good[name]), goodTotal) / h.rootDensity(len(bad[name]), badTotal))
		ofGood, ofBad := valueDensity(knob, good[name]), valueDensity(knob, bad[name])
		scores[name] = map[string]float64{}
		for value := range ofGood {
			scores[name][value] = root + math.Log(ofGood[value]/ofBad[value])
		}
	}
	return slices.MaxFunc(candidates, func(a, b candidate) int {
		return cmp.Compare(scores[a.knob.Name][a.value], scores[b.knob.Name][b.value])
	})
}

// rootDensity is how often a knob was changed among all changes of its side.
func (h *history) rootDensity(count, total int) float64 {
	return (float64(count) + rootPrior/float64(len(h.knobs))) / (float64(total) + rootPrior)
}

// split parts the values seen of a knob: the champion's and better ones, or no
// better.
func (h *history) split(knob knobs.Knob) (good, bad []string) {
	for _, seen := range h.observed[knob.Name] {
		if !seen.failed && (seen.loss < h.parts[knob.Name] || seen.value == knob.Value) {
			good = append(good, seen.value)
		} else {
			bad = append(bad, seen.value)
		}
	}
	return good, bad
}
