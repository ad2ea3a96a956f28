package verdict

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
	Keeps      []int     // Numbers of the experiments before it that were kept for a gain.
	Champion   []float64 // log eval_ppl on the paired seeds, in their order.
	Candidate  []float64 // The same seeds; as long.
	Alone      []float64 // The candidate's on paired seeds that the champion wasn't trained on; see [Rule.NeedsChampion].
	Others     Spread    // Of the champion on further seeds, and of candidates compared with it before.
	Noise      Spread    // Of what recipe and seed leave of the champion and of the candidates compared with it before; see [Residuals].
	Former     Spread    // The same around former champions.
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

// halfWidth is how far the true difference may lie from the mean difference to
// one side, but for a chance of alpha.
func (c Comparison) halfWidth(alpha float64) float64 {
	if alpha <= 0 {
		return math.Inf(1)
	}
	deviation := c.error()
	return deviation.value * quantile(alpha, deviation.df)
}

// chanceBelow is the chance of a mean difference as low as this one where the true one
// is limit.
func (c Comparison) chanceBelow(limit float64) float64 {
	deviation := c.error()
	if deviation.df == 0 {
		return 1
	}
	return tail((limit-c.Mean())/deviation.value, deviation.df)
}

// standardError is that of a mean, with its degrees of freedom.
type standardError struct {
	value float64
	df    int
}

// What the run knows of noise counts as so many degrees of freedom at most: recipes
// scatter differently, those that a former champion led to the more so.
const (
	mostKnown  = 8
	mostFormer = 4
)

// known is the variance of a difference that the run has seen, and the degrees of
// freedom that it counts for.
func (c Comparison) known() (variance float64, df int) {
	near := min(c.Noise.DF, mostKnown)
	far := min(c.Former.DF, mostFormer, mostKnown-near)
	if near+far == 0 {
		return 0, 0
	}
	var squares float64
	if near > 0 {
		squares += float64(near) * c.Noise.Variance()
	}
	if far > 0 {
		squares += float64(far) * c.Former.Variance()
	}
	return 2 * squares / float64(near+far), near + far
}

// error is the standard error of the mean difference: its own scatter moderated
// towards what the run knows (Smyth, "Linear models and empirical Bayes methods",
// Stat. Appl. Genet. Mol. Biol. 3, 2004), so that few differences which agree by
// chance prove nothing. A candidate that scatters clearly more than is known can't
// profit from others' calm: its own scatter counts alone.
func (c Comparison) error() standardError {
	const clearly = 2 // times the known variance
	k := float64(len(c.Candidate))
	own := SpreadOf(c.differences())
	known, df := c.known()
	if own.DF > 0 && (df == 0 || own.Variance() > clearly*known) {
		return standardError{math.Sqrt(own.Variance() / k), own.DF}
	}
	variance := (known*float64(df) + own.Squares) / float64(df+own.DF)
	return standardError{math.Sqrt(variance / k), df + own.DF}
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
