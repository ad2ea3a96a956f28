package verdict

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Spread is how much log eval_ppl scatters from seed to seed with the recipe
// unchanged: squared deviations from each recipe's mean, over recipes.
type Spread struct {
	Squares float64 // Their sum.
	DF      int     // Degrees of freedom: seeds less recipes.
}

// SpreadOf is the spread of one recipe's values, log eval_ppl by seed.
func SpreadOf(values []float64) Spread {
	if len(values) < 2 {
		return Spread{}
	}
	df := len(values) - 1
	return Spread{Squares: stat.Variance(values, nil) * float64(df), DF: df}
}

// With pools two spreads.
func (s Spread) With(other Spread) Spread {
	return Spread{Squares: s.Squares + other.Squares, DF: s.DF + other.DF}
}

// CalmerHalf pools those spreads that are not above their median, so that one
// recipe with a bad seed doesn't make all look noisy.
func CalmerHalf(spreads []Spread) Spread {
	spreads = slices.DeleteFunc(slices.Clone(spreads), func(s Spread) bool { return s.DF == 0 })
	slices.SortFunc(spreads, func(a, b Spread) int { return cmp.Compare(a.Variance(), b.Variance()) })
	var pool Spread
	for _, s := range spreads[:(len(spreads)+1)/2] {
		pool = pool.With(s)
	}
	return pool
}

// Variance is the pooled variance of one value; infinite when nothing is known.
func (s Spread) Variance() float64 {
	if s.DF == 0 {
		return math.Inf(1)
	}
	return s.Squares / float64(s.DF)
}

// atLeast is the spread, or where it is so small that its neighbours' would be as
// small in one of 100 cases only, the greatest that is.
func (s Spread) atLeast(neighbours Spread) Spread {
	const chance = 0.01
	if s.DF == 0 || neighbours.DF == 0 || neighbours.Squares == 0 {
		return s
	}
	ratio := distuv.F{D1: float64(s.DF), D2: float64(neighbours.DF)}
	if ratio.CDF(s.Variance()/neighbours.Variance()) < chance {
		s.Squares = ratio.Quantile(chance) * neighbours.Variance() * float64(s.DF)
	}
	return s
}

// Comparison is a candidate beside its champion.
type Comparison struct {
	Experiment int       // Its number, which decides what part of alpha it may spend.
	Champion   []float64 // log eval_ppl on the paired seeds, in their order.
	Candidate  []float64 // The same seeds; as long.
	Alone      []float64 // The candidate's on paired seeds that the champion wasn't trained on; see [Rule.NeedsChampion].
	Others     Spread    // Of the champion on further seeds, and of candidates compared with it before.
	Pairs      Spread    // Of the differences to the champion: the calmer half of the candidates compared with it before.
	Simpler    bool      // The candidate has less code.
	Worsened   float64   // What the run's simplifications have cost; see [Worsened].
	Seeds      []uint64  // Of Candidate, then of Alone.
	Clear      bool      // A look before this one found the candidate better.
	Equal      bool      // A look before this one found it to have less code and to be no worse.
}

// Differences are candidate less champion, seed by seed.
func Differences(champion, candidate []float64) []float64 {
	d := make([]float64, min(len(champion), len(candidate)))
	for i := range d {
		d[i] = candidate[i] - champion[i]
	}
	return d
}

// differences are those on the seeds that both were trained on.
func (c Comparison) differences() []float64 { return Differences(c.Champion, c.Candidate) }

// Mean is the mean difference of log eval_ppl on the seeds that both were trained on.
func (c Comparison) Mean() float64 { return stat.Mean(c.differences(), nil) }

// Interval is the 95 % confidence interval of the mean difference.
func (c Comparison) Interval() (low, high float64) {
	const oneSide = 0.025
	mean, width := c.Mean(), c.halfWidth(oneSide)
	return mean - width, mean + width
}

// pairedShare is the paired bound's part of alpha. It is the greater one, for the
// pooled bound rests on more assumptions.
const pairedShare = 2. / 3

// halfWidth is how far the true difference may lie from the mean difference to
// one side, but for a chance of alpha: the smaller of two bounds, which share
// alpha between them.
func (c Comparison) halfWidth(alpha float64) float64 {
	if alpha <= 0 {
		return math.Inf(1)
	}
	paired, pooled := c.errors()
	return min(paired.value*quantile(alpha*pairedShare, paired.df), pooled.value*quantile(alpha*(1-pairedShare), pooled.df))
}

// isBelow tells whether the true difference lies below limit, but for a chance
// of alpha: whether mean + halfWidth(alpha) does. It takes a tenth of the time.
func (c Comparison) isBelow(limit, alpha float64) bool {
	distance := limit - c.Mean()
	if alpha <= 0 || distance <= 0 {
		return false
	}
	paired, pooled := c.errors()
	return tail(distance/paired.value, paired.df) < alpha*pairedShare || tail(distance/pooled.value, pooled.df) < alpha*(1-pairedShare)
}

// standardError is that of a mean, with its degrees of freedom.
type standardError struct {
	value float64
	df    int
}

// errors are the two standard errors of the mean difference.
//
// The paired one is that of the differences; it assumes nothing but that they
// are normal, and it is the small one where champion and candidate see the same
// data and move together. The pooled one is of the spread of single values, for
// a candidate whose noise is like its neighbours'; pairing can only make it
// greater than it need be. So that a candidate of greater noise can't profit from
// its neighbours' calm, the spread of the two alone counts where it is greater,
// with their own degrees of freedom.
//
// Two differences may agree by chance; that of a recipe with two outcomes, one bad
// and seldom, is nothing until it comes. So differences that agree better than those
// of the neighbours do in 99 of 100 cases count as if they agreed that well.
func (c Comparison) errors() (paired, pooled standardError) {
	k := float64(len(c.Candidate))
	differences := SpreadOf(c.differences()).atLeast(c.Pairs)
	all := c.spread()
	return standardError{math.Sqrt(differences.Variance() / k), differences.DF},
		standardError{math.Sqrt(2 * all.Variance() / k), all.DF}
}

// spread is that of single values around each recipe's mean: that of the two alone
// where it is greater than with the others.
func (c Comparison) spread() Spread {
	own := SpreadOf(c.Champion).With(SpreadOf(c.Candidate))
	all := c.Others.With(own)
	if own.DF > 0 && own.Variance() > all.Variance() {
		return own
	}
	return all
}

// tail is the probability that Student's t with df degrees of freedom exceeds t.
// Without any degrees of freedom nothing is certain.
func tail(t float64, df int) float64 {
	if df == 0 {
		return 1
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(df)}.CDF(-t)
}

// quantile is the value that Student's t with df degrees of freedom exceeds with
// probability alpha. Without any degrees of freedom nothing is certain.
func quantile(alpha float64, df int) float64 {
	if df == 0 {
		return math.Inf(1)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(df)}.Quantile(1 - alpha)
}
