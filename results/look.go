package results

import (
	"fmt"
	"math"
)

// Action is what a look at a candidate leads to.
type Action string

// The actions.
const (
	ActionKeep     Action = "keep"
	ActionSimplify Action = "simplify" // Kept for having less code.
	ActionDiscard  Action = "discard"
	ActionMore     Action = "more" // One more seed for champion and candidate.
)

// Look is what a rule makes of a candidate after some seeds. Change, Low and
// High are relative: -0.02 is an eval_ppl that is 2 % lower.
type Look struct {
	Action    Action
	Seeds     int
	Change    Measure // Geometric mean over the paired seeds.
	Low, High Measure // 95 % confidence interval of the change; missing while there is one seed.
	Reason    string  // One sentence for a person.
}

// Look decides on a candidate that was measured on the same seeds as its
// champion. What it promises, and from where, is written in the package's
// documentation under "The verdict".
func (r Rule) Look(c Comparison) Look {
	look := r.describe(c)
	look.Action = r.Action(c)
	look.Reason = r.reason(c, look)
	return look
}

// Action is what a look decides.
func (r Rule) Action(c Comparison) Action {
	k := len(c.Candidate)
	switch {
	case c.isBelow(logShare(-r.MinEffect), r.alphaOf(c.Experiment)*r.lookShare(k)):
		return ActionKeep
	case c.Simpler && r.isEqual(c):
		return ActionSimplify
	case r.isHopeless(c) || k >= r.MaxSeeds:
		return ActionDiscard
	}
	return ActionMore
}

// reason says why in one sentence.
func (r Rule) reason(c Comparison, look Look) string {
	seeds := seedCount(look.Seeds)
	switch {
	case look.Action == ActionKeep:
		return fmt.Sprintf("eval_ppl lower by %s on %s, more than luck explains", percent(-look.Change), seeds)
	case look.Action == ActionSimplify:
		return fmt.Sprintf("less code, and eval_ppl no worse within noise: %s on %s", signedPercent(look.Change), seeds)
	case look.Action == ActionMore:
		return fmt.Sprintf("eval_ppl %s on %s: not clear yet", signedPercent(look.Change), seeds)
	case r.isHopeless(c):
		return hopeless(look)
	}
	return fmt.Sprintf("eval_ppl %s on %s, which luck alone could explain", signedPercent(look.Change), seeds)
}

// describe fills in the figures.
func (r Rule) describe(c Comparison) Look {
	const oneSide = 0.025 // of a 95 % interval
	mean := c.mean()
	look := Look{Seeds: len(c.Candidate), Change: relative(mean), Low: Missing(), High: Missing()}
	if look.Seeds > 1 {
		width := c.halfWidth(oneSide)
		look.Low, look.High = relative(mean-width), relative(mean+width)
	}
	return look
}

// isEqual tells whether the candidate is no worse than the champion by more
// than Equivalence. Each look spends its part of the chance to be wrong.
func (r Rule) isEqual(c Comparison) bool {
	alpha := equivalenceAlpha * r.lookShare(len(c.Candidate))
	return c.isBelow(logShare(Equivalence), alpha)
}

// isHopeless tells whether further seeds are wasted on the candidate: it isn't
// ahead by as much as a keep needs, nor, with less code, close enough.
func (r Rule) isHopeless(c Comparison) bool {
	if c.Simpler {
		return c.mean() > logShare(Equivalence)
	}
	return c.mean() >= logShare(-r.MinEffect)
}

func hopeless(look Look) string {
	switch {
	case look.Change == 0:
		return fmt.Sprintf("eval_ppl the same on %s", seedCount(look.Seeds))
	case look.Change > 0:
		return fmt.Sprintf("eval_ppl higher by %s on %s", percent(look.Change), seedCount(look.Seeds))
	}
	return fmt.Sprintf("eval_ppl lower by %s on %s, too little to keep", percent(-look.Change), seedCount(look.Seeds))
}

func relative(difference float64) Measure { return Measure(math.Expm1(difference)) }

func percent(share Measure) string { return fmt.Sprintf("%.2f %%", 100*share) }

func signedPercent(share Measure) string { return fmt.Sprintf("%+.2f %%", 100*share) }

func seedCount(seeds int) string {
	if seeds == 1 {
		return "1 seed"
	}
	return fmt.Sprintf("%d seeds", seeds)
}
