package verdict

import "math"

// The names of the keep rules.
const (
	RuleSequential = "sequential" // [Rule.Look]: paired seeds, one after another, until it is clear.
	RuleBrief      = "brief"      // program.md's own: one training, lower is better.
)

// Rule is how a run's candidates are judged. It is part of the run's settings;
// the zero Rule is that of runs that began before there was a choice, the brief's.
type Rule struct {
	Name      string  `json:"name" flag:"keep-rule" help:"sequential (paired seeds until it is clear) or brief (program.md's: one training, lower is better)"`
	MaxSeeds  int     `json:"max_seeds" flag:"max-seeds" help:"most seeds that a candidate is measured on before it is kept or dropped"` // Most seeds that a candidate is measured on.
	MinEffect float64 `json:"min_effect" flag:"min-effect" help:"least gain worth a keep, as a share of eval_ppl"`                       // Least gain worth a keep, a share of eval_ppl: 0.001 is 0.1 %.
	Alpha     float64 `json:"alpha"`                                                                                                     // Greatest chance of any false keep in the whole run.
	Racing    bool    `json:"racing" flag:"racing" help:"stop a training that falls far behind the champion's"`                          // Stop a training that falls far behind the champion's.
}

// Sequential tells whether the rule takes more than one look.
func (r Rule) Sequential() bool { return r.Name == RuleSequential }

// Equivalence is how much worse, as a share of eval_ppl, a candidate with less
// code may be and still count as equal to the champion.
const Equivalence = 0.01

// equivalenceAlpha is the chance that a simpler candidate which is worse by more
// than Equivalence is taken for an equal.
const equivalenceAlpha = 0.05

// alphaOf is the part of alpha that the rule spends on one experiment, number 1
// being the first. The first 50 share four fifths of it in equal parts, the
// next 100 half of what is left, the next 200 half of that, and so on: however
// often a budget is enlarged, no more than alpha is ever spent.
func (r Rule) alphaOf(experiment int) float64 {
	const first, firstShare = 50, 0.8
	if experiment <= first {
		return r.Alpha * firstShare / first
	}
	begin, length, share := first, 2*first, (1-firstShare)/2
	for experiment > begin+length {
		begin, length, share = begin+length, 2*length, share/2
	}
	return r.Alpha * share / float64(length)
}

// lookShare is the part of an experiment's alpha that the look after k seeds
// may spend: little while there is little to see, growing with k². The first
// decides no keep: one difference says nothing about its own noise.
func (r Rule) lookShare(k int) float64 {
	if k == 1 {
		return 0
	}
	var sum float64
	for look := 2; look <= r.MaxSeeds; look++ {
		sum += float64(look * look)
	}
	return float64(k*k) / sum
}

// logShare is a share of eval_ppl as a difference of logarithms.
func logShare(share float64) float64 { return math.Log1p(share) }
