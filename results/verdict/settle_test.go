package verdict

import (
	"math"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/results/table"
)

// looks plays a rule on differences of log eval_ppl, seed by seed, where the champion
// is the same on each, and returns the look that decides.
func looks(t *testing.T, rule Rule, c Comparison, differences ...float64) Look {
	t.Helper()
	const champion = 3.0
	for k := 1; k <= len(differences); k++ {
		if !rule.NeedsChampion(c) && k > 2 {
			c.Alone = append(c.Alone, champion+differences[k-1])
		} else {
			c.Champion, c.Candidate = append(c.Champion, champion), append(c.Candidate, champion+differences[k-1])
		}
		c.Seeds = append(c.Seeds, uint64(k))
		look := rule.Look(c)
		if look.Action != ActionMore {
			return look
		}
		c.Clear, c.Equal = look.Clear, look.Equal
	}
	t.Fatalf("%d seeds decide nothing", len(differences))
	return Look{}
}

// noisy are neighbours whose eval_ppl scatters by some 2 %.
func noisy() Spread { return Spread{Squares: 0.0004 * 20, DF: 20} }

// What is bad on one seed isn't kept, however good it is on those before.
func TestABadSeedIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		others      Spread
		differences []float64
		action      Action
		reason      string
		worst       Worst
	}{
		"good on all":                           {noisy(), []float64{-.05, -.05, -.05, -.05, -.05}, ActionKeep, "lower by 4.88 % on 5 seeds, more than luck explains", Worst{1, -0.0488}},
		"terrible on the fifth":                 {noisy(), []float64{-.05, -.05, -.05, -.05, .69}, ActionDiscard, "but on seed 5 higher by 99.37 %", Worst{5, 0.9937}},
		"terrible on the third":                 {noisy(), []float64{-.05, -.05, .69}, ActionDiscard, "but on seed 3 higher by 99.37 %", Worst{3, 0.9937}},
		"ahead on average, bad once":            {noisy(), []float64{-.05, -.05, -.05, -.05, .04}, ActionDiscard, "eval_ppl -3.15 % on 5 seeds, but on seed 5 higher by 4.08 %", Worst{5, 0.0408}},
		"a little worse once":                   {noisy(), []float64{-.05, -.05, -.05, -.05, .001}, ActionKeep, "lower by 3.90 % on 5 seeds", Worst{5, 0.001}},
		"far ahead, the champion is not needed": {Spread{Squares: 1e-6, DF: 20}, []float64{-.5, -.5, -.5, -.5, -.4}, ActionKeep, "on 2 seeds, more than luck explains; as good on 3 more", Worst{5, -0.3297}},
		"far ahead, and bad on the fourth":      {Spread{Squares: 1e-6, DF: 20}, []float64{-.5, -.5, -.5, .9}, ActionDiscard, "eval_ppl -39.35 % on 2 seeds, but on seed 4 higher by 145.96 %", Worst{4, 1.4596}},
	} {
		t.Run(name, func(t *testing.T) {
			look := looks(t, sequential(5), Comparison{Experiment: 1, Others: test.others}, test.differences...)
			if look.Action != test.action || !strings.Contains(look.Reason, test.reason) {
				t.Errorf("%s %q, want %s %q", look.Action, look.Reason, test.action, test.reason)
			}
			if look.Worst.Seed != test.worst.Seed || math.Abs(float64(look.Worst.Change-test.worst.Change)) > 1e-4 {
				t.Errorf("worst %+v, want %+v", look.Worst, test.worst)
			}
		})
	}
}

// Less code that is as good on some seeds has to be on all.
func TestLessCodeIsMeasuredOnAllSeeds(t *testing.T) {
	calm := Spread{Squares: 1e-7, DF: 20}
	for name, test := range map[string]struct {
		worsened    float64
		differences []float64
		action      Action
		reason      string
	}{
		"the same":                {0, []float64{0, 0, 0, 0, 0}, ActionSimplify, "+0.00 % on 2 seeds; as good on 3 more"},
		"terrible on the fifth":   {0, []float64{0, 0, 0, 0, .69}, ActionDiscard, "but on seed 5 higher by 99.37 %"},
		"bad enough on the fifth": {0, []float64{0, 0, 0, 0, .04}, ActionDiscard, "but on seed 5 higher by 4.08 %"},
		"0.9 % worse":             {0, []float64{.009, .009, .009, .009, .009}, ActionSimplify, "+0.90 % on 2 seeds"},
		"0.9 % worse once more":   {0.009, []float64{.009}, ActionDiscard, "eval_ppl higher by 0.90 % on 1 seed; of the 1.00 % that less code may cost in a whole run, 0.90 % is used up"},
		"the same, once more":     {0.009, []float64{0, 0, 0, 0, 0}, ActionSimplify, "+0.00 %"},
		"better, once more":       {0.009, []float64{-.0005, -.0005, -.0005, -.0005, -.0005}, ActionSimplify, "-0.05 %"},
	} {
		t.Run(name, func(t *testing.T) {
			look := looks(t, sequential(5), Comparison{Experiment: 1, Others: calm, Simpler: true, Worsened: test.worsened}, test.differences...)
			if look.Action != test.action || !strings.Contains(look.Reason, test.reason) {
				t.Errorf("%s %q, want %s %q", look.Action, look.Reason, test.action, test.reason)
			}
		})
	}
}

// Differences that agree by chance prove nothing beside neighbours whose don't.
func TestAgreementByChance(t *testing.T) {
	agree := []float64{-.01, -.01, -.01, -.01, -.01}
	wide := Spread{Squares: 0.0025 * 20, DF: 20}
	if look := looks(t, sequential(5), Comparison{Experiment: 1, Others: wide}, agree...); look.Action != ActionKeep {
		t.Errorf("where nothing is known of neighbours: %s %q", look.Action, look.Reason)
	}
	noise := Spread{Squares: 0.6e-4 * 20, DF: 20} // differences of ±1.1 %
	look := looks(t, sequential(5), Comparison{Experiment: 1, Others: wide, Noise: noise}, agree...)
	if look.Action != ActionDiscard && look.Action != ActionPromise {
		t.Errorf("beside neighbours whose differences scatter by 1.1 %%: %s %q", look.Action, look.Reason)
	}
}

// However simplifications and gains follow each other, what all simplifications cost
// stays within Equivalence, and the champion within it of the best before it.
func TestSimplifyNeverWalksUphill(t *testing.T) {
	rule, calm := sequential(5), Spread{Squares: 1e-9, DF: 20}
	for _, step := range []float64{0.0005, 0.001, 0.003, 0.005, 0.0089, 0.0099} {
		var run []table.Measure
		level, best, cost := 0., 0., 0.
		for number := 1; number <= 50; number++ {
			c := Comparison{Experiment: number, Others: calm, Simpler: number%5 > 0, Worsened: Worsened(run)}
			change := step
			if !c.Simpler {
				change = -0.02 // something else helps
			}
			look := looks(t, rule, c, change, change, change, change, change)
			if look.Action == ActionDiscard {
				continue
			}
			if look.Action == ActionSimplify {
				run = append(run, look.Change)
			}
			if level += change; change > 0 {
				cost += change
			}
			if best = min(best, level); level-best > logShare(Equivalence) {
				t.Fatalf("steps of %v: after experiment %d the champion is worse than the best by %v", step, number, level-best)
			}
		}
		if cost == 0 || cost > logShare(Equivalence)+1e-12 {
			t.Errorf("steps of %v cost %v in all", step, cost)
		}
	}
}
