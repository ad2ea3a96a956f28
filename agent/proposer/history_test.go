package proposer

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/knobs"
)

func TestReadDiff(t *testing.T) {
	all, err := knobs.Parse(recipe)
	if err != nil {
		t.Fatal(err)
	}
	const head = "diff --git a/trainer/recipe.go b/trainer/recipe.go\nindex 1..2 100644\n--- a/trainer/recipe.go\n+++ b/trainer/recipe.go\n@@ -1,3 +1,3 @@ func NewRecipe() Recipe {\n"
	tests := []struct {
		name  string
		diff  string
		moves []move
		code  bool
	}{
		{"nothing", "", nil, false},
		{"one knob", head + "-\t\tGroupSize: 64, // {64, 128} Size.\n+\t\tGroupSize: 128, // {64, 128} Size.\n", []move{{"GroupSize", "64", "128"}}, false},
		{"numbers in other words", head + "-\t\tLearningRate: 2e-5, // [1e-5, 3e-3] log.\n+\t\tLearningRate: 0.00002, // [1e-5, 3e-3] log.\n", nil, false},
		{
			"a value that needs the champion's kind",
			head + "-\t\tWeightDecay: 0.01, // [0, 0.2] Decay.\n+\t\tWeightDecay: 0, // [0, 0.2] Decay.\n",
			[]move{{"WeightDecay", "0.01", "0"}},
			false,
		},
		{
			"gofmt moves the neighbours",
			head + "-\t\tClipNorm: 1.0, // {0, 1, 2} Norm.\n-\t\tBeta2: 0.99, // None.\n-\t\tGroupSize: 64, // {64} Size.\n" +
				"+\t\tClipNorm:  2.0,   // {0, 1, 2} Norm.\n+\t\tBeta2:     0.99,  // None.\n+\t\tGroupSize: 64,    // {64} Size.\n",
			[]move{{"ClipNorm", "1", "2"}},
			false,
		},
		{"only comments", head + "-\t\t// Old.\n+\t\t// New.\n+\n", nil, false},
		{"no knob", head + "-\t\tBeta2: 0.99, // None.\n+\t\tBeta2: 0.9, // None.\n", nil, true},
		{"a knob goes", head + "-\t\tGroupSize: 64, // {64, 128} Size.\n", nil, true},
		{"code", head + "+\tx := 1\n", nil, true},
		{"another file", strings.ReplaceAll(head, "recipe", "loss") + "-a\n+b\n", nil, true},
		{"a new file", "--- /dev/null\n+++ b/trainer/new.go\n@@ -0,0 +1 @@\n+package main\n", nil, true},
		{
			"knob and code", head + "-\t\tGroupSize: 64, // {64, 128} Size.\n+\t\tGroupSize: 128, // {64, 128} Size.\n" +
				strings.ReplaceAll(head, "recipe", "loss") + "+b\n", []move{{"GroupSize", "64", "128"}}, true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			moves, code := readDiff(test.diff, all)
			if diff := cmp.Diff(test.moves, moves, cmp.AllowUnexported(move{})); diff != "" || code != test.code {
				t.Errorf("code %v, %s", code, diff)
			}
		})
	}
}

// tried makes an experiment that changes lines of the recipe.
func tried(number int, status journal.Status, parent, ppl table.Measure, changes ...string) journal.Experiment {
	e := journal.Experiment{Number: number, Status: status, ParentEvalPPL: parent, EvalPPL: ppl, Diff: "--- a/trainer/recipe.go\n+++ b/trainer/recipe.go\n"}
	for i := 0; i+1 < len(changes); i += 2 {
		e.Diff += "-" + changes[i] + "\n+" + changes[i+1] + "\n"
	}
	return e
}

const a1, a2, a3 = "A: 1, // {1, 2, 3}", "A: 2, // {1, 2, 3}", "A: 3, // {1, 2, 3}"

const bx, by = `B: "x", // {x, y}`, `B: "y", // {x, y}`

func remember(t *testing.T, champion string, experiments ...journal.Experiment) *history {
	t.Helper()
	h, err := readHistory(Context{
		Files:       map[string]string{RecipeFile: champion},
		Experiments: slices.Concat([]journal.Experiment{{Status: journal.StatusKeep, EvalPPL: 100}}, experiments),
		Number:      len(experiments) + 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *history) left() string {
	left := []string{}
	for _, c := range h.candidates() {
		left = append(left, c.knob.Name+c.value)
	}
	return strings.Join(left, " ")
}

func TestHistoryMeasuresEachKnobAgainstTheBaseline(t *testing.T) {
	champion := strings.Replace(strings.Replace(tiny, "A: 1", "A: 2", 1), `"x"`, `"y"`, 1)
	h := remember(t, champion,
		tried(1, journal.StatusKeep, 100, 80, a1, a2),
		tried(2, journal.StatusKeep, 80, 40, bx, by),
		tried(3, journal.StatusDiscard, 40, 60, a2, a3),
		tried(4, journal.StatusDiscard, 40, 44, by, bx),
	)
	want := map[string][]observation{
		"A": {{"1", 0, 0, false}, {"2", 1, math.Log(0.8), false}, {"3", 3, math.Log(0.8 * 1.5), false}},
		"B": {{"x", 0, 0, false}, {"y", 2, math.Log(0.5), false}, {"x", 4, math.Log(0.55), false}},
	}
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
	if diff := cmp.Diff(want, h.observed, cmp.AllowUnexported(observation{}), near); diff != "" {
		t.Error(diff)
	}
	if got := h.left(); got != "A1" {
		t.Errorf("left to try: %s", got)
	}
	good, bad := h.split(h.knobs[0])
	if diff := cmp.Diff([][]string{{"2"}, {"1", "3"}}, [][]string{good, bad}); diff != "" {
		t.Error(diff)
	}
}

func TestHistoryOfFailures(t *testing.T) {
	crash := func(number int, class journal.FailureClass, changes ...string) journal.Experiment {
		e := tried(number, journal.StatusCrash, 100, table.Missing(), changes...)
		e.Failure = &journal.Failure{Class: class}
		return e
	}
	h := remember(t, tiny, crash(1, journal.FailureDiverged, a1, a2), crash(2, journal.FailureInterrupted, bx, by),
		tried(3, journal.StatusDiscard, 100, 150, a1, a3))
	if got := h.left(); got != "By" {
		t.Errorf("left to try: %s; what failed is not tried again, what was broken off is", got)
	}
	if seen := h.observed["A"][1]; !seen.failed || math.Abs(seen.loss-math.Log(1.5)) > 1e-12 {
		t.Errorf("a failure counts as bad as the worst figures: %+v", seen)
	}
	h = remember(t, tiny, crash(1, journal.FailureDiverged, a1, a2))
	if seen := h.observed["A"][1]; seen.loss != 0 {
		t.Errorf("without figures there is no penalty: %+v", seen)
	}
	if good, bad := h.split(h.knobs[0]); !slices.Equal(good, []string{"1"}) || !slices.Equal(bad, []string{"2"}) {
		t.Errorf("good %s, bad %s", good, bad)
	}
}

func TestChangeWithoutEffectIsNoGoodSign(t *testing.T) {
	champion := strings.Replace(tiny, "A: 1", "A: 2", 1)
	h := remember(t, champion,
		tried(1, journal.StatusKeep, 100, 80, a1, a2), // a great success, but then
		tried(2, journal.StatusDiscard, 80, 80, a2, a3),
	)
	if good, bad := h.split(h.knobs[0]); !slices.Equal(good, []string{"2"}) || !slices.Equal(bad, []string{"1", "3"}) {
		t.Errorf("good %s, bad %s", good, bad)
	}
}

func TestHistoryWithOtherChanges(t *testing.T) {
	code := tried(2, journal.StatusKeep, 90, 80, "f()", "g()")
	both := tried(3, journal.StatusDiscard, 80, 85, a1, a2, bx, by)
	h := remember(t, tiny, tried(1, journal.StatusDiscard, 100, 110, a1, a3), code, both)
	if got := h.left(); got != "A2 A3 By" {
		t.Errorf("left to try: %s; a kept change of the code makes old recipes new", got)
	}
	if len(h.observed["A"]) != 2 || len(h.observed["B"]) != 1 {
		t.Errorf("only a knob that moves alone says something: %+v", h.observed)
	}
	beyond := strings.Replace(tiny, "A: 1", "A: 7", 1)
	h = remember(t, beyond, tried(1, journal.StatusKeep, 100, 50, a1, "A: 7, // {1, 2, 3}"))
	if got := h.left(); got != "A2 A3 By" {
		t.Errorf("left to try: %s; the champion's value may lie beyond its domain", got)
	}
	if best := h.mostPromising(h.candidates()); best.value == "" {
		t.Error("no choice with a value beyond its domain")
	}
}

func TestDensity(t *testing.T) {
	all, err := knobs.Parse(recipe)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string][]string{
		"LearningRate": {"0.0004", "0.0005", "0.0004"}, "ClipNorm": {"5", "0"}, "WeightScale": {"absmax"}, "DeadZone": {"0.3"},
		"SequenceLength": {"64", "4096"}, "LambdaSchedule": {"other"},
	}
	for _, knob := range all {
		density, total := valueDensity(knob, seen[knob.Name]), 0.0
		for _, value := range knob.Values() {
			if !(density[value] > 0) {
				t.Errorf("%s: density of %s is %g", knob.Name, value, density[value])
			}
			total += density[value]
		}
		if len(density) != len(knob.Values()) || math.Abs(total-1) > 1e-9 {
			t.Errorf("%s: %d values add up to %g", knob.Name, len(density), total)
		}
		switch knob.Name {
		case "LearningRate":
			if density["0.0005"] < 2*density["0.00005"] || density["0.00063"] < density["0.001"] {
				t.Errorf("values near those seen are not likelier: %v", density)
			}
		case "WeightScale":
			if density["absmax"] != 0.75 {
				t.Errorf("one seen of two choices: %v", density)
			}
		}
	}
}

func TestHypothesesSayWhatWasSeen(t *testing.T) {
	all, err := knobs.Parse(tiny)
	if err != nil {
		t.Fatal(err)
	}
	a, b := all[0], all[1]
	diverged := tried(2, journal.StatusCrash, 100, table.Missing(), a1, a2)
	diverged.Failure = &journal.Failure{Class: journal.FailureDiverged}
	h := remember(t, tiny, tried(1, journal.StatusDiscard, 100, 110, a1, a3), diverged)
	moved := strings.Replace(tiny, "A: 1", "A: 2", 1)
	a.Value = "1"
	tests := []struct{ got, want string }{
		{h.explainExploring(candidate{b, "y"}), "No experiment has changed the b alone yet; y in place of x shows whether it matters."},
		{h.explainChoice(candidate{b, "y"}), "No experiment has changed the b alone yet, and other knobs promise no more; y may do better than x."},
		{h.explainChoice(candidate{a, "4"}), "Against 1, the a did worse at 3 (#1, +10.0 % eval_ppl) and failed at 2 (#2). Of what is left to try, 4 looks likeliest to help."},
		{h.explainChoice(candidate{a, "3"}), "Against 1, the a did worse at 3 (#1, +10.0 % eval_ppl) and failed at 2 (#2). The recipe around it has changed since; 3 gets a second chance."},
	}
	h = remember(t, moved, tried(1, journal.StatusKeep, 100, 80, a1, a2))
	a.Value = "2"
	tests = append(tests, struct{ got, want string }{
		h.explainChoice(candidate{a, "3"}), "Against 2, the a did worse at 1 (baseline, +25.0 % eval_ppl). Of what is left to try, 3 looks likeliest to help.",
	})
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("got  %s\nwant %s", test.got, test.want)
		}
	}
}
