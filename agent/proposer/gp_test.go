package proposer

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

// Where each change alone shows nothing, only recipes as a whole are found.
func TestGPChangesKnobsTogether(t *testing.T) {
	joint := func(values map[string]string) float64 {
		if values["A"] == "3" && values["B"] == "y" {
			return 1
		}
		return 2
	}
	s := newSearch(t, GP, tiny, 1, joint)
	for range 5 {
		if _, _, err := s.step(); err != nil {
			t.Fatal(err)
		}
	}
	if s.best > 1.1 || !strings.Contains(s.recipe, `B: "y"`) {
		t.Errorf("after all five other recipes, log eval_ppl is %.2f", s.best)
	}
	if _, _, err := s.step(); !errors.Is(err, ErrExhausted) {
		t.Errorf("after all recipes: %v", err)
	}
}

func TestGPSaysWhatItExpects(t *testing.T) {
	s := newSearch(t, GP, recipe, 2, synthetic)
	for range 20 {
		if _, _, err := s.step(); err != nil {
			t.Fatal(err)
		}
	}
	p, err := s.propose()
	if err != nil || !strings.Contains(p.Hypothesis, "is expected of it") || strings.Contains(p.Hypothesis, "\n") {
		t.Errorf("%q, %v", p.Hypothesis, err)
	}
}

// knobDiff is the change of one line of the tiny recipe.
func knobDiff(before, after string) string {
	return "--- a/trainer/recipe.go\n+++ b/trainer/recipe.go\n@@ -5,1 +5,1 @@\n-\t\t" + before + "\n+\t\t" + after + "\n"
}

func TestRecipesTakeWhatTheyCanFromExperiments(t *testing.T) {
	point := func(step int, ppl float64) table.Point {
		p := table.NewPoint(step)
		p.EvalPPL = table.Measure(ppl)
		return p
	}
	baseline := journal.Experiment{
		Status: journal.StatusKeep, EvalPPL: 100, Commit: "base", Points: []table.Point{point(25, 200), point(50, 150)},
	}
	of := func(number int, status journal.Status, change func(*journal.Experiment)) journal.Experiment {
		e := journal.Experiment{
			Number: number, Status: status, EvalPPL: table.Missing(), ParentEvalPPL: 100, Change: table.Missing(), ParentCommit: "base",
			Diff: knobDiff("A: 1, // {1, 2, 3}", "A: 2, // {1, 2, 3}"),
		}
		change(&e)
		return e
	}
	raced := of(1, journal.StatusDiscard, func(e *journal.Experiment) { e.Points = []table.Point{point(25, 400)} })
	mean := of(2, journal.StatusDiscard, func(e *journal.Experiment) { e.EvalPPL, e.Change, e.Seeds = 50, -0.1, []uint64{1, 2} })
	models := of(3, journal.StatusCrash, func(e *journal.Experiment) { e.Proposer = "llm model" })
	own := of(4, journal.StatusCrash, func(e *journal.Experiment) { e.Proposer = GP })
	code := of(5, journal.StatusDiscard, func(e *journal.Experiment) { e.EvalPPL, e.Diff = 90, e.Diff+"+\t\tCode()\n" })
	read, err := readRecipes(Context{
		Files: map[string]string{RecipeFile: tiny}, Number: 6,
		Experiments: []journal.Experiment{baseline, raced, mean, models, own, code},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []float64{}
	for _, o := range read.observations {
		got = append(got, math.Round(100*math.Exp(o.Loss))/100)
	}
	want := []float64{100, 200, 90, 200}
	if len(got) != len(want) {
		t.Fatalf("losses are %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("losses are %v, want %v: baseline, raced, mean of two seeds, own failure", got, want)
		}
	}
	if read.observations[2].Seeds != 2 {
		t.Errorf("the mean is of %d seeds", read.observations[2].Seeds)
	}
}
