package verdict

import (
	"cmp"
	"math"
)

// The names of the keep rules.
const (
	RuleSequential = "sequential" // [Rule.Look]: paired seeds, one after another, until it is clear.
	RuleBrief      = "brief"      // program.md's own: one training, lower is better.
)

// Rule is how a run's candidates are judged. It is part of the run's settings;
// the zero Rule is that of runs that began before there was a choice, the brief's.
type Rule struct {
	Name      string  `json:"name" flag:"keep-rule" help:"sequential (paired seeds until it is clear) or brief (program.md's: one training, lower is better)"`
	MaxSeeds  int     `json:"max_seeds" flag:"max-seeds" help:"most seeds that a candidate is measured on before it is kept or dropped"`         // Most seeds that a candidate is measured on.
	MinEffect float64 `json:"min_effect" flag:"min-effect" help:"least gain worth a keep, as a share of eval_ppl"`                               // Least gain worth a keep, a share of eval_ppl: 0.001 is 0.1 %.
	Alpha     float64 `json:"alpha" flag:"risk" help:"false keeps that a whole run may come to, on average and at most: 0.05 is one in 20 runs"` // False keeps in a whole run, at most and on average: the risk.
	Planned   int     `json:"planned,omitempty"`                                                                                                 // Experiments that most of alpha is for; 0, as in older versions: 50.
	Racing    bool    `json:"racing" flag:"racing" help:"stop a training that falls far behind the champion's"`                                  // Stop a training that falls far behind the champion's.
}

// Sequential tells whether the rule takes more than one look.
func (r Rule) Sequential() bool { return r.Name == RuleSequential }

// Equivalence is how much worse, as a share of eval_ppl, a candidate with less
// code may be and still count as equal to the champion.
const Equivalence = 0.01

// equivalenceAlpha is the chance that a simpler candidate which is worse by more
// than Equivalence is taken for an equal.
const equivalenceAlpha = 0.05

// planned is how many experiments the rule's alpha is mostly for.
func (r Rule) planned() int { return cmp.Or(r.Planned, 50) }

// spend is the part of alpha that the rule spends on experiment number 1, 2, …
// whatever came of those before. Those that were planned share nine tenths of it in
// equal parts, twice as many behind them half of what is left, twice as many again
// half of that, and so on: however often a budget is enlarged, no more than alpha is
// ever spent.
func (r Rule) spend(experiment int) float64 {
	const firstShare = 0.9
	first := r.planned()
	if experiment <= first {
		return r.Alpha * firstShare / float64(first)
	}
	begin, length, share := first, 2*first, (1-firstShare)/2
	for experiment > begin+length {
		begin, length, share = begin+length, 2*length, share/2
	}
	return r.Alpha * share / float64(length)
}

// alphaOf is the part of alpha that a look at the experiment may spend in all: its
// own and, behind the second and each later keep, what the experiments behind a new
// start would have. So the chance that a run in which nothing helps keeps anything
// stays what it was, and a run that finds a lot may go on finding. That is the wealth of
// Ramdas et al., "Online control of the false discovery rate with decaying memory",
// 2017 (LORD++), with alpha for the first discovery too.
func (r Rule) alphaOf(experiment int, keeps []int) float64 {
	alpha := r.spend(experiment)
	for i, kept := range keeps {
		if i > 0 && kept < experiment {
			alpha += r.spend(experiment - kept)
		}
	}
	return alpha
}

// settled is on how many seeds a candidate is measured at least before it is kept,
// unless its gain is huge.
func (r Rule) settled() int { return min(r.MaxSeeds, 5) }

// logShare is a share of eval_ppl as a difference of logarithms.
func logShare(share float64) float64 { return math.Log1p(share) }
