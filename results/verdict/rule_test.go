package verdict

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func sequential(maxSeeds int) Rule {
	return Rule{Name: RuleSequential, MaxSeeds: maxSeeds, MinEffect: 0.001, Alpha: 0.05}
}

// However long a run gets, it never spends more than alpha, and nine tenths of
// it on the first 50 experiments; within one experiment the looks spend its part.
func TestAlphaIsSpentOnce(t *testing.T) {
	rule := sequential(5)
	var first, all float64
	for number := 1; number <= 100_000; number++ {
		all += rule.spend(number)
		if number == 50 {
			first = all
		}
		if number > 1 && rule.spend(number) > rule.spend(number-1) {
			t.Fatalf("experiment %d may spend more than the one before it", number)
		}
	}
	if math.Abs(first-0.045) > 1e-12 || all > 0.05 || all < 0.0499 {
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
	if got := c.halfWidth(0.025); math.Abs(got-0.0129924) > 1e-6 {
		t.Errorf("half width %v", got)
	}
	// Their variance is 6.667e-5. Known are residuals of 1e-4, so differences of 2e-4, which
	// count as 8 degrees of freedom at most: (8·2e-4 + 3·6.667e-5)/11 = 1.636e-4.
	c.Noise = Spread{Squares: 100 * 1e-4, DF: 100}
	if got := c.error(); got.df != 11 || math.Abs(got.value-math.Sqrt(1.63636e-4/4)) > 1e-6 {
		t.Errorf("moderated: %+v", got)
	}
	// Former champions' count as 4 at most, and not beside enough of this one's.
	c.Former = Spread{Squares: 1000, DF: 1000}
	if got := c.error(); got.df != 11 {
		t.Errorf("with former champions: %+v", got)
	}
	c.Noise = Spread{}
	if got := c.error(); got.df != 7 {
		t.Errorf("with former champions alone: %+v", got)
	}
	c.Noise, c.Former = Spread{Squares: 100 * 1e-5, DF: 100}, Spread{}
	if got := c.error(); got.df != 3 { // 6.667e-5 is more than twice 2e-5
		t.Errorf("a noisy candidate beside calm ones: %+v", got)
	}
}

// Levels for alpha 0.0008, as a recursion on a grid of 0.02 computes them.
func TestLevels(t *testing.T) {
	for _, test := range []struct {
		maxSeeds, look int
		want           float64
	}{{8, 8, 0.0005515}, {8, 5, 0.0001011}, {5, 5, 0.0006125}, {8, 2, 0.00000494}} {
		got := sequential(test.maxSeeds).level(0.0008, test.look)
		if math.Abs(got/test.want-1) > 0.02 {
			t.Errorf("look %d of %d: level %.3g, want %.3g", test.look, test.maxSeeds, got, test.want)
		}
	}
}

// A random walk crosses the bounds of all looks together with no more than alpha.
func TestLooksSpendNoMoreThanAlpha(t *testing.T) {
	const alpha, walks, maxSeeds = 0.05, 40_000, 6
	rule := sequential(maxSeeds)
	random := rand.New(rand.NewPCG(5, 6))
	bounds := make([]float64, maxSeeds+1)
	for k := 2; k <= maxSeeds; k++ {
		bounds[k] = math.Sqrt2 * math.Erfinv(1-2*rule.level(alpha, k)) * math.Sqrt(float64(k))
	}
	crossed := 0
	for range walks {
		sum := random.NormFloat64()
		for k := 2; k <= maxSeeds; k++ {
			if sum += random.NormFloat64(); sum > bounds[k] {
				crossed++
				break
			}
		}
	}
	if share := float64(crossed) / walks; math.Abs(share-alpha) > 0.004 {
		t.Errorf("crossed in %.4f of walks, want about %v", share, alpha)
	}
}

// What was planned gets most of alpha, and a keep returns what a new start would have.
func TestWealth(t *testing.T) {
	rule := sequential(8)
	rule.Planned = 5
	if got := rule.alphaOf(3, nil); math.Abs(got-0.009) > 1e-12 {
		t.Errorf("one of five planned may spend %v", got)
	}
	rule.Planned = 0
	for keeps, want := range map[int]float64{0: 0.0009, 1: 0.0009, 2: 0.0018, 3: 0.0027} {
		if got := rule.alphaOf(9, []int{2, 4, 6}[:keeps]); math.Abs(got-want) > 1e-12 {
			t.Errorf("behind %d keeps an experiment may spend %v, want %v", keeps, got, want)
		}
	}
}

// Values are recipe + seed + residual; residuals have sum 0 in each row and column.
func TestResiduals(t *testing.T) {
	recipe := func(level float64, off ...float64) map[uint64]float64 {
		values := map[uint64]float64{}
		for i, off := range off {
			values[uint64(i)] = level + 0.3*float64(i*i) + off
		}
		return values
	}
	a, b, c := recipe(1, 0.1, -0.1, 0), recipe(2, -0.1, 0.1, 0), recipe(5, 0, 0, 0)
	b[77] = 9 // a seed of its own says nothing
	got := Residuals([]map[uint64]float64{a, b, c, recipe(7, 0)})
	if got.DF != 4 || math.Abs(got.Squares-0.04) > 1e-9 {
		t.Errorf("residuals %+v, want 0.04 with 4 degrees of freedom", got)
	}
	for name, few := range map[string][]map[uint64]float64{"none": nil, "one": {a}, "one and a single value": {a, recipe(1, 0)}} {
		if got := Residuals(few); got != (Spread{}) {
			t.Errorf("of %s: %+v", name, got)
		}
	}
}

// A gain that halves eval_ppl is kept at once where it is many times the known noise.
func TestHugeGains(t *testing.T) {
	calm, wild := Spread{Squares: 1e-4 * 8, DF: 8}, Spread{Squares: 0.04 * 8, DF: 8}
	for name, test := range map[string]struct {
		others      Spread
		differences []float64
		action      Action
		seeds       int
	}{
		"a third, the noise known":     {calm, []float64{-1.1}, ActionKeep, 1},
		"a third, the noise too great": {wild, []float64{-1.1, -1.2, -1, -1.1, -1.3}, ActionKeep, 5},
		"a third, nothing known":       {Spread{}, []float64{-1.1, -1.2, -1, -1.1, -1.3}, ActionKeep, 4},
		"less than half off":           {calm, []float64{-.6, -.61, -.6, -.6, -.6}, ActionKeep, 3},
	} {
		t.Run(name, func(t *testing.T) {
			look := looks(t, sequential(5), Comparison{Experiment: 1, Others: test.others}, test.differences...)
			if look.Action != test.action || look.Seeds != test.seeds {
				t.Errorf("%s on %d seeds and %d alone: %q", look.Action, look.Seeds, look.Alone, look.Reason)
			}
		})
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
