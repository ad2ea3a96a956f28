package results

import (
	"math"

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

// Variance is the pooled variance of one value; infinite when nothing is known.
func (s Spread) Variance() float64 {
	if s.DF == 0 {
		return math.Inf(1)
	}
	return s.Squares / float64(s.DF)
}

// Comparison is a candidate beside its champion.
type Comparison struct {
	Experiment int       // Its number, which decides what part of alpha it may spend.
	Champion   []float64 // log eval_ppl on the paired seeds, in their order.
	Candidate  []float64 // The same seeds; as long.
	Others     Spread    // Of the champion on further seeds, and of candidates compared with it before.
	Simpler    bool      // The candidate has less code.
}

// differences are candidate less champion, seed by seed.
func (c Comparison) differences() []float64 {
	d := make([]float64, len(c.Candidate))
	for i := range d {
		d[i] = c.Candidate[i] - c.Champion[i]
	}
	return d
}

// mean is the mean difference.
func (c Comparison) mean() float64 { return stat.Mean(c.differences(), nil) }

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
	distance := limit - c.mean()
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
func (c Comparison) errors() (paired, pooled standardError) {
	k := float64(len(c.Candidate))
	differences := SpreadOf(c.differences())
	own := SpreadOf(c.Champion).With(SpreadOf(c.Candidate))
	all := c.Others.With(own)
	if own.DF > 0 && own.Variance() > all.Variance() {
		all = own
	}
	return standardError{math.Sqrt(differences.Variance() / k), differences.DF},
		standardError{math.Sqrt(2 * all.Variance() / k), all.DF}
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
