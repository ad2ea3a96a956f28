package verdict

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/ternlab/ternlab/results/table"
)

// What is clear after a few seeds may still be bad on one that comes later: a recipe
// that is better on nine seeds of ten and terrible on the tenth looks like a sure
// gain until the tenth. So nothing is kept before it was measured on five seeds
// ([Rule.settled]), and what is bad on one of them isn't kept at all. A gain that is
// huge is kept at once: eval_ppl at least halved, by many times the noise. No seed on
// which such a recipe learns nothing at all takes that back, unless one of two is such.

// isClear tells whether this look, or one before it, found the candidate better. A
// look at seeds on which the champion wasn't trained tests nothing anew.
func (r Rule) isClear(c Comparison) bool {
	k := len(c.Candidate)
	if c.Clear {
		return true
	}
	if k < 2 || len(c.Alone) > 0 {
		return false
	}
	return r.isWithin(c.chanceBelow(logShare(-r.MinEffect)), r.alphaOf(c.Experiment, c.Keeps)*(1-hugeShare), k)
}

// isWithin tells whether a chance of error is small enough at the look after k seeds.
// The level is computed only where its bounds don't tell: it is no less than the
// look's own share of alpha, and no more than those of all looks so far.
func (r Rule) isWithin(chance, alpha float64, k int) bool {
	var soFar float64
	for look := 2; look <= k; look++ {
		soFar += r.lookShare(look)
	}
	return chance < alpha*soFar && (chance < alpha*r.lookShare(k) || chance < r.level(alpha, k))
}

// isHuge tells whether the gain is beyond doubt after one or two seeds: eval_ppl is
// halved, and by as much as luck explains with a chance of alpha even if the candidate
// scatters three times as much as single values around it do.
func (r Rule) isHuge(c Comparison) bool {
	const looks, times, enough = 2, 3, 3
	k := len(c.Candidate)
	spread := c.Others.With(SpreadOf(c.Champion))
	if k > looks || len(c.Alone) > 0 || spread.DF < enough || c.Mean() > -math.Ln2 {
		return false
	}
	deviation := times * math.Sqrt(2*spread.Variance()/float64(k))
	return c.Mean()+deviation*quantile(r.alphaOf(c.Experiment, c.Keeps)*hugeShare/looks, spread.DF) < logShare(-r.MinEffect)
}

// WantsNoise tells whether the gain may be huge, but nothing is known of the noise yet.
func (r Rule) WantsNoise(c Comparison) bool {
	spread := c.Others.With(SpreadOf(c.Champion))
	return len(c.Candidate) == 1 && spread.DF == 0 && c.Mean() <= -math.Ln2
}

// isLost tells whether seeds to come are unlikely to make the candidate clear: what
// they have to bring is more than they do in nine of ten cases, if the gain is what it
// seems to be. That it ends early errs on the safe side.
func (r Rule) isLost(c Comparison) bool {
	const nineOfTen, half = 1.28, 0.64
	const enough = 4 // degrees of freedom to know the noise
	k, last := float64(len(c.Candidate)), float64(r.MaxSeeds)
	deviation := c.error()
	if k < 2 || k == last || deviation.df <= enough {
		return false
	}
	expected := (logShare(-r.MinEffect) - c.Mean()) / deviation.value * math.Sqrt(last/k)
	hope := nineOfTen*math.Sqrt((last-k)/last) + half*math.Sqrt((last-k)/k)
	alpha := r.alphaOf(c.Experiment, c.Keeps) * (1 - hugeShare)
	return !r.isWithin(tail(expected+hope, deviation.df+r.MaxSeeds-len(c.Candidate)), alpha, r.MaxSeeds)
}

// isEqual tells whether this look, or one before it, found the candidate to have
// less code and to be no worse than there is room for. Each look spends its part of
// the chance to be wrong.
func (r Rule) isEqual(c Comparison) bool {
	k := len(c.Candidate)
	return c.Simpler && (c.Equal || (k > 1 && len(c.Alone) == 0 && r.isWithin(c.chanceBelow(c.room()), equivalenceAlpha, k)))
}

// room is how much worse, in log eval_ppl, less code may still be: Equivalence, once
// for the whole run.
func (c Comparison) room() float64 { return logShare(Equivalence) - c.Worsened }

// seeds is how many the candidate was measured on.
func (c Comparison) seeds() int { return len(c.Candidate) + len(c.Alone) }

// changes are the candidate's log eval_ppl less the champion's, seed by seed; where
// the champion wasn't trained, less its mean.
func (c Comparison) changes() []float64 {
	changes := c.differences()
	for _, value := range c.Alone {
		changes = append(changes, value-stat.Mean(c.Champion, nil))
	}
	return changes
}

// Worst is the seed on which one recipe does worst beside another.
type Worst struct {
	Seed   uint64        `json:"seed"`
	Change table.Measure `json:"change"` // Of eval_ppl there: 0.5 is 50 % higher.
}

// Worst is the seed on which the candidate does worst beside its champion.
func (c Comparison) Worst() Worst {
	changes := c.changes()
	worst := Worst{Change: Relative(slices.Max(changes))}
	if at := slices.Index(changes, slices.Max(changes)); at < len(c.Seeds) {
		worst.Seed = c.Seeds[at]
	}
	return worst
}

// isSkewed tells whether the candidate loses so much on one seed that its gain on
// average says little: more than half of that gain.
func (c Comparison) isSkewed() bool {
	const most = 1
	worst := slices.Max(c.changes())
	return worst > 0 && worst > -most*stat.Mean(c.changes(), nil)
}

// isUneven tells whether the candidate, which has less code, is worse on one seed than
// there is room for and noise explains: that of its champion and of others.
func (c Comparison) isUneven() bool {
	const most = 3 // standard deviations of a difference of two values
	others := c.Others.With(SpreadOf(c.Champion))
	return slices.Max(c.changes()) > c.room()+most*math.Sqrt(2*others.Variance())
}

// NeedsChampion tells whether the champion, too, has to be trained on the seeds that
// come next. It need not where the candidate is clear and so far from the limit that
// a bad seed shows without: by many times the spread of single values.
func (r Rule) NeedsChampion(c Comparison) bool {
	const far, enough = 8, 3 // standard deviations; degrees of freedom to know one
	spread := c.spread()
	distance := far * math.Sqrt(spread.Variance())
	switch {
	case spread.DF < enough:
		return true
	case r.isClear(c):
		return logShare(-r.MinEffect)-c.Mean() < distance
	case r.isEqual(c):
		return c.room()-c.Mean() < distance
	}
	return true
}
