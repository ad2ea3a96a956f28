package verdict

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/ternlab/ternlab/results/table"
)

// Action is what a look at a candidate leads to.
type Action string

// The actions.
const (
	ActionKeep     Action = "keep"
	ActionSimplify Action = "simplify" // Kept for having less code.
	ActionDiscard  Action = "discard"
	ActionPromise  Action = "promise" // Dropped, though its interval excludes that it is no better.
	ActionMore     Action = "more"    // One more seed for champion and candidate.
)

// Look is what a rule makes of a candidate after some seeds. Change, Low and
// High are relative: -0.02 is an eval_ppl that is 2 % lower.
type Look struct {
	Action    Action
	Seeds     int           // On which both were measured.
	Alone     int           // Further ones, on which the candidate alone was.
	Change    table.Measure // Geometric mean over the paired seeds.
	Low, High table.Measure // 95 % confidence interval of the change; missing while there is one seed.
	Worst     Worst         // The seed on which the candidate does worst.
	Huge      bool          // So much better that it is kept at once.
	Clear     bool          // It is better, unless a seed to come is bad.
	Equal     bool          // It has less code and is no worse, unless a seed to come is bad.
	Reason    string        // One sentence for a person.
}

// Look decides on a candidate that was measured on the same seeds as its
// champion. What it promises, and from where, is written in the package's
// documentation under "The verdict".
func (r Rule) Look(c Comparison) Look {
	look := r.Glance(c)
	if look.Seeds > 1 {
		low, high := c.Interval()
		look.Low, look.High = Relative(low), Relative(high)
	}
	look.Reason = r.reason(c, look)
	return look
}

// Glance is a look without its interval and its sentence, in a tenth of the time.
func (r Rule) Glance(c Comparison) Look {
	look := Look{
		Seeds: len(c.Candidate), Alone: len(c.Alone), Worst: c.Worst(), Clear: r.isClear(c), Huge: r.isHuge(c), Equal: r.isEqual(c),
		Change: Relative(c.Mean()), Low: table.Missing(), High: table.Missing(),
	}
	look.Action = r.action(c, look)
	return look
}

func (r Rule) action(c Comparison, look Look) Action {
	isSettled := c.seeds() >= r.settled()
	switch {
	case r.isHopeless(c) || (look.Clear && !look.Equal && c.isSkewed()) || (look.Equal && c.isUneven()):
		return ActionDiscard
	case look.Huge || (isSettled && look.Clear && r.isAhead(c) && !c.isSkewed()):
		return ActionKeep
	case isSettled && look.Equal:
		return ActionSimplify
	case c.seeds() < r.MaxSeeds && (look.Clear || c.Simpler || !r.isLost(c)):
		return ActionMore
	case c.excludesNone():
		return ActionPromise
	}
	return ActionDiscard
}

// excludesNone tells whether the interval of the change lies below 0.
func (c Comparison) excludesNone() bool {
	if len(c.Candidate) < 2 {
		return false
	}
	_, high := c.Interval()
	return high < 0 && !c.isSkewed()
}

// reason says why in one sentence.
func (r Rule) reason(c Comparison, look Look) string {
	seeds := seedCount(look.Seeds)
	switch {
	case look.Action == ActionKeep && look.Huge:
		return fmt.Sprintf("eval_ppl lower by %s on %s, beyond doubt at the noise that is known", percent(-look.Change), seeds)
	case look.Action == ActionKeep:
		return fmt.Sprintf("eval_ppl lower by %s on %s, more than luck explains%s", percent(-look.Change), seeds, settled(look))
	case look.Action == ActionSimplify:
		return fmt.Sprintf("less code, and eval_ppl no worse within noise: %s on %s%s", signedPercent(look.Change), seeds, settled(look))
	case look.Action == ActionMore && (look.Clear || look.Equal):
		return fmt.Sprintf("eval_ppl %s on %s: clear, unless one of %d is bad", signedPercent(look.Change), seeds, max(r.settled(), look.Seeds+look.Alone+1))
	case look.Action == ActionMore:
		return fmt.Sprintf("eval_ppl %s on %s: not clear yet", signedPercent(look.Change), seeds)
	case look.Worst.Change > 0 && (look.Clear || look.Equal):
		return fmt.Sprintf("eval_ppl %s on %s, but on seed %d higher by %s",
			signedPercent(look.Change), seeds, look.Worst.Seed, percent(look.Worst.Change))
	case c.Simpler && r.isHopeless(c) && c.Worsened > 0:
		return fmt.Sprintf("%s; of the %s that less code may cost in a whole run, %s is used up",
			hopeless(look), percent(Equivalence), percent(Relative(c.Worsened)))
	case r.isHopeless(c):
		return hopeless(look)
	}
	if look.Action == ActionPromise {
		return fmt.Sprintf("eval_ppl %s on %s: promising, but not proven among so many tries", signedPercent(look.Change), seeds)
	}
	return fmt.Sprintf("eval_ppl %s on %s, which luck alone could explain", signedPercent(look.Change), seeds)
}

// settled says what further seeds showed on which the champion wasn't trained.
func settled(look Look) string {
	if look.Alone == 0 {
		return ""
	}
	return fmt.Sprintf("; as good on %d more", look.Alone)
}

// isHopeless tells whether further seeds are wasted on the candidate: it isn't
// ahead by as much as a keep needs, nor, with less code, close enough.
func (r Rule) isHopeless(c Comparison) bool {
	if c.Simpler {
		return stat.Mean(c.changes(), nil) > c.room()
	}
	return !r.isAhead(c)
}

// isAhead tells whether the candidate's gain is worth a keep, if it is one.
func (r Rule) isAhead(c Comparison) bool {
	return stat.Mean(c.changes(), nil) < logShare(-r.MinEffect)
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

// Relative is a difference of log eval_ppl as a relative change: -0.02 is 2 % lower.
func Relative(difference float64) table.Measure { return table.Measure(math.Expm1(difference)) }

func percent(share table.Measure) string { return fmt.Sprintf("%.2f %%", 100*share) }

func signedPercent(share table.Measure) string { return fmt.Sprintf("%+.2f %%", 100*share) }

func seedCount(seeds int) string {
	if seeds == 1 {
		return "1 seed"
	}
	return fmt.Sprintf("%d seeds", seeds)
}
