package search

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/diff/fd"

	"github.com/ternlab/ternlab/trainer/knobs"
)

const source = `package main
func NewRecipe() Recipe {
	return Recipe{
		Rate:   1e-5,  // [1e-5, 1e-1] log. Its best is 1e-2.
		Mode:   "a",   // {a, b, c} Only c is good.
		Depth:  1,     // [0, 4] if Mode is c. Its best is 3.
		Steps:  500,   // {50, 100, 500, 1000} The fewer the better.
		Idle:   0.5,   // [0, 1] Does nothing.
		Switch: false, // {true, false} Does nothing.
	}
}
`

func space(t *testing.T) Space {
	t.Helper()
	all, err := knobs.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return NewSpace(all)
}

func baseline(s Space) Recipe {
	recipe := Recipe{}
	for _, knob := range s.knobs {
		recipe[knob.Name] = knob.Value
	}
	return recipe
}

// loss is flat where Rate or Steps are as bad as in the baseline, so that changes of
// one knob show nothing.
func loss(r Recipe) float64 {
	number := func(name string) float64 { x, _ := strconv.ParseFloat(r[name], 64); return x }
	rate := math.Log10(number("Rate")) + 2
	sum := 0.3*rate*rate + math.Log(number("Steps")/50)
	if r["Mode"] != "c" {
		return min(3, sum+1)
	}
	return min(3, sum+0.1*math.Abs(number("Depth")-3))
}

// hunt tries n recipes and returns the true loss of the best by its measured one.
func hunt(t *testing.T, s Space, seed uint64, n int, each func(Suggestion, Known)) float64 {
	t.Helper()
	noise := rand.New(rand.NewPCG(seed, 99))
	tried := map[string]bool{}
	known := Known{Space: s, Champion: baseline(s), Seed: seed, Tried: func(r Recipe) bool { return tried[s.Key(r)] }}
	best := math.Inf(1)
	tell := func(r Recipe) {
		measured := loss(r) + 0.03*noise.NormFloat64()
		known.Observations = append(known.Observations, Observation{r, measured, 1})
		tried[s.Key(r)] = true
		if measured < best {
			best, known.Champion = measured, r
		}
	}
	tell(known.Champion)
	for i := range n {
		suggestion, err := Next(known, rand.New(rand.NewPCG(seed, uint64(i))))
		if err != nil {
			t.Fatal(err)
		}
		each(suggestion, known)
		tell(suggestion.Recipe)
	}
	return loss(known.Champion)
}

func TestFindsWhatOnlyJointChangesShow(t *testing.T) {
	s := space(t)
	for seed := range uint64(5) {
		if found := hunt(t, s, seed, 30, func(Suggestion, Known) {}); found > 0.15 {
			t.Errorf("seed %d: the champion's loss is %.2f after 30 recipes; the best is 0", seed, found)
		}
	}
}

func TestSuggestionsAreNewAndSettled(t *testing.T) {
	s := space(t)
	hunt(t, s, 7, 25, func(suggestion Suggestion, known Known) {
		recipe := suggestion.Recipe
		if known.Tried(recipe) {
			t.Errorf("%v was tried before", recipe)
		}
		if recipe["Mode"] != "c" && recipe["Depth"] != known.Champion["Depth"] {
			t.Errorf("%v changes Depth, which does nothing in it", recipe)
		}
		for _, knob := range s.knobs {
			if err := knob.Check(recipe[knob.Name]); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestTheSameIsSuggestedAgain(t *testing.T) {
	s := space(t)
	record := func() (all []string) {
		hunt(t, s, 3, 15, func(suggestion Suggestion, _ Known) { all = append(all, s.Key(suggestion.Recipe)) })
		return all
	}
	if a, b := fmt.Sprint(record()), fmt.Sprint(record()); a != b {
		t.Errorf("first %s\nthen %s", a, b)
	}
}

func TestKnobsThatDoNothingAreLeftAlone(t *testing.T) {
	s := space(t)
	idle, modelled := 0, 0
	hunt(t, s, 1, 40, func(suggestion Suggestion, known Known) {
		if suggestion.Explores || len(known.Observations) < 20 {
			return
		}
		modelled++
		for _, name := range []string{"Idle", "Switch"} {
			if suggestion.Recipe[name] != known.Champion[name] {
				idle++
			}
		}
	})
	if modelled == 0 || idle > modelled {
		t.Errorf("%d idle changes in %d suggestions", idle, modelled)
	}
}

func TestRefusedValuesAreAvoided(t *testing.T) {
	s := space(t)
	known := Known{
		Space: s, Champion: baseline(s), Observations: []Observation{{baseline(s), 1, 1}},
		Tried:   func(Recipe) bool { return false },
		Refused: func(name, value string) bool { return name == "Mode" && value == "c" },
	}
	for seed := range uint64(20) {
		known.Seed = seed
		suggestion, err := Next(known, rand.New(rand.NewPCG(seed, 1)))
		if err != nil || suggestion.Recipe["Mode"] == "c" {
			t.Errorf("seed %d: %v, %v", seed, suggestion.Recipe, err)
		}
	}
}

func TestExhausted(t *testing.T) {
	s := space(t)
	known := Known{Space: s, Champion: baseline(s), Observations: []Observation{{baseline(s), 1, 1}}, Tried: func(Recipe) bool { return true }}
	if _, err := Next(known, rand.New(rand.NewPCG(1, 1))); !errors.Is(err, ErrExhausted) {
		t.Errorf("error is %v", err)
	}
}

func TestDesignIsALatinHypercube(t *testing.T) {
	s := space(t)
	counts := map[string]int{}
	for index := range DesignSize {
		counts[s.design(5, index)["Steps"]]++
	}
	for _, value := range []string{"50", "100", "500", "1000"} {
		if counts[value] < 2 || counts[value] > 3 {
			t.Errorf("%s comes %d times in %d recipes: %v", value, counts[value], DesignSize, counts)
		}
	}
}

func TestSlopeIsTheMisfits(t *testing.T) {
	s := space(t)
	random := rand.New(rand.NewPCG(1, 2))
	var observations []Observation
	for index := range DesignSize {
		recipe := s.design(1, index)
		observations = append(observations, Observation{maps.Clone(recipe), loss(recipe), 1 + index%3})
	}
	p := newProcess(s, observations)
	prior := p.prior(0)
	x := make([]float64, len(prior.center))
	for i := range x {
		x[i] = random.NormFloat64() - 1
	}
	got := make([]float64, len(x))
	p.misfit(x, prior, got)
	want := fd.Gradient(nil, func(x []float64) float64 { return p.misfit(x, prior, nil) }, x, &fd.Settings{Formula: fd.Central})
	for i := range x {
		if math.Abs(got[i]-want[i]) > 1e-4*(1+math.Abs(want[i])) {
			t.Errorf("parameter %d: %g, by differences %g", i, got[i], want[i])
		}
	}
}

func TestLogImprovementIsContinuous(t *testing.T) {
	if a, b := logImprovement(-5.9999), logImprovement(-6.0001); math.Abs(a-b) > 0.02 {
		t.Errorf("%g on one side, %g on the other", a, b)
	}
	if math.IsInf(logImprovement(-1e6), 0) || logImprovement(-50) > logImprovement(-40) {
		t.Error("the tail is lost")
	}
}
