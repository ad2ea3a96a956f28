package verdict

import (
	"math"
	"strings"
	"testing"
)

func sequential(maxSeeds int) Rule {
	return Rule{Name: RuleSequential, MaxSeeds: maxSeeds, MinEffect: 0.001, Alpha: 0.05}
}

// However long a run gets, it never spends more than alpha, and four fifths of
// it on the first 50 experiments; within one experiment the looks spend its part.
func TestAlphaIsSpentOnce(t *testing.T) {
	rule := sequential(5)
	var first, all float64
	for number := 1; number <= 100_000; number++ {
		all += rule.alphaOf(number)
		if number == 50 {
			first = all
		}
		if number > 1 && rule.alphaOf(number) > rule.alphaOf(number-1) {
			t.Fatalf("experiment %d may spend more than the one before it", number)
		}
	}
	if math.Abs(first-0.04) > 1e-12 || all > 0.05 || all < 0.0499 {
		t.Errorf("spent %v on 50 experiments and %v in all", first, all)
	}
	for _, maxSeeds := range []int{2, 5, 20} {
		var spent float64
		for k := 1; k <= maxSeeds; k++ {
			spent += sequential(maxSeeds).lookShare(k)
		}
		if math.Abs(spent-1) > 1e-12 {
			t.Errorf("with %d seeds the looks spend %v of an experiment's part", maxSeeds, spent)
		}
	}
}

func TestSpread(t *testing.T) {
	spread := SpreadOf([]float64{1, 2, 3}).With(SpreadOf([]float64{10, 10})).With(SpreadOf([]float64{5}))
	if spread.DF != 3 || math.Abs(spread.Variance()-2.0/3) > 1e-12 {
		t.Errorf("spread %+v, variance %v", spread, spread.Variance())
	}
	if !math.IsInf((Spread{}).Variance(), 1) {
		t.Error("what was never measured has a variance")
	}
}

// Differences -0.05, -0.04, -0.06, -0.05 have mean -0.05 and standard error
// 0.0040825; t with 3 degrees of freedom exceeds 3.182446 with probability 0.025.
func TestHalfWidthIsStudents(t *testing.T) {
	c := Comparison{Champion: []float64{1, 2, 3, 4}, Candidate: []float64{0.95, 1.96, 2.94, 3.95}}
	if got := c.halfWidth(0.0375); math.Abs(got-0.0129924) > 1e-6 {
		t.Errorf("half width %v", got)
	}
	calm := Comparison{Champion: []float64{1, 1}, Candidate: []float64{0.95, 1.05}, Others: Spread{Squares: 1e-4, DF: 100}}
	wild := math.Sqrt(2*0.0025/2) * quantile(0.0125, 2) // of the two alone, whatever the others are like
	if got := calm.halfWidth(0.0375); math.Abs(got-wild) > 1e-12 {
		t.Errorf("half width %v beside calm neighbours, want %v", got, wild)
	}
}

func TestLook(t *testing.T) {
	const champion = 3.0 // log eval_ppl
	noise := []float64{0.01, -0.02, 0.015, -0.01, 0.005}
	values := func(k int, mean float64, own ...float64) []float64 {
		list := make([]float64, k)
		for i := range list {
			list[i] = mean + noise[i]
			if i < len(own) {
				list[i] += own[i]
			}
		}
		return list
	}
	for name, test := range map[string]struct {
		k       int
		change  float64
		own     []float64
		simpler bool
		action  Action
		reason  string
	}{
		"worse":                    {1, 0.02, nil, false, ActionDiscard, "eval_ppl higher by 2.02 % on 1 seed"},
		"the same":                 {1, 0, nil, false, ActionDiscard, "eval_ppl the same on 1 seed"},
		"too small a gain":         {1, -0.0005, nil, false, ActionDiscard, "lower by 0.05 % on 1 seed, too little to keep"},
		"ahead":                    {1, -0.5, nil, false, ActionMore, "eval_ppl -39.35 % on 1 seed: not clear yet"},
		"far ahead, twice":         {2, -0.5, nil, false, ActionMore, "eval_ppl -39.35 % on 2 seeds: clear, unless one of 5 is bad"},
		"far ahead on all":         {5, -0.5, nil, false, ActionKeep, "eval_ppl lower by 39.35 % on 5 seeds, more than luck explains"},
		"ahead, noisy":             {3, -0.02, []float64{0.01, -0.02, 0.02}, false, ActionMore, "not clear yet"},
		"ahead, noisy to the end":  {5, -0.02, []float64{0.01, -0.02, 0.02, 0, 0.01}, false, ActionDiscard, "which luck alone could explain"},
		"clear at the end":         {5, -0.06, []float64{0.001, -0.002, 0.002, 0, 0.001}, false, ActionKeep, "lower by 5.79 % on 5 seeds"},
		"less code, the same":      {2, 0, nil, true, ActionMore, "eval_ppl +0.00 % on 2 seeds: clear, unless one of 5 is bad"},
		"less code, all the same":  {5, 0, nil, true, ActionSimplify, "less code, and eval_ppl no worse within noise: +0.00 % on 5 seeds"},
		"less code, one look":      {1, 0, nil, true, ActionMore, "not clear yet"},
		"less code, a little bad":  {2, 0.005, []float64{0.002, -0.002}, true, ActionMore, "not clear yet"},
		"less code, bad":           {1, 0.02, nil, true, ActionDiscard, "eval_ppl higher by 2.02 %"},
		"less code, and better":    {5, -0.5, nil, true, ActionKeep, "lower by 39.35 %"},
		"less code, never certain": {5, 0.005, []float64{0.02, -0.02, 0.03, -0.03, 0}, true, ActionDiscard, "luck alone could explain"},
	} {
		t.Run(name, func(t *testing.T) {
			look := sequential(5).Look(Comparison{
				Experiment: 1, Champion: values(test.k, champion), Candidate: values(test.k, champion+test.change, test.own...),
				Others: SpreadOf(values(5, champion)), Simpler: test.simpler,
			})
			if look.Action != test.action || !strings.Contains(look.Reason, test.reason) {
				t.Errorf("%s %q, want %s %q", look.Action, look.Reason, test.action, test.reason)
			}
			if look.Low.Valid() != (test.k > 1) || look.Low > look.Change || look.Change > look.High {
				t.Errorf("interval %v to %v around %v", look.Low, look.High, look.Change)
			}
		})
	}
}
