package trials

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/knobs"
)

// Whether a recipe makes biases is what stands in its literal, not in comments,
// variables or another file.
func TestHasBiases(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "..", "trainer", "recipe.go"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := string(source)
	tequila, err := knobs.Set(recipe, "DeadZoneRecovery", "tequila")
	if err != nil {
		t.Fatal(err)
	}
	const line = `DeadZoneRecovery: "none",`
	if !strings.Contains(recipe, line) {
		t.Fatalf("recipe.go has no %s", line)
	}
	for name, test := range map[string]struct {
		recipe string
		want   bool
	}{
		"as it is":         {recipe, false},
		"tequila":          {tequila, true},
		"in a comment":     {strings.Replace(recipe, line, line+` // tequila`, 1), false},
		"a constant":       {strings.Replace(recipe, line, "DeadZoneRecovery: recovery,", 1) + "\nconst recovery = \"tequila\"\n", false},
		"no such knob":     {strings.Replace(recipe, line, "", 1), false},
		"not Go":           {"package main; DeadZoneRecovery: \"tequila\"", false},
		"no recipe at all": {"", false},
	} {
		if got := hasBiases(map[string]string{knobs.File: test.recipe, "trainer/other.go": tequila}); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

func TestTooGood(t *testing.T) {
	run := journal.Run{BetterThanFull: journal.BetterStops, References: map[string]table.Measure{"": 50}}
	for ppl, want := range map[table.Measure]bool{49.999: true, 1: true, 50: false, 939.8: false} {
		err := RefuseTooGood(run, journal.Evaluated{EvalPPL: ppl}, "f")
		if got := lab.AsFault(err); (got != nil) != want || (got != nil && got.Class != lab.Class(journal.FailureTooGood)) {
			t.Errorf("eval_ppl %s beside 50: %v", ppl, err)
		}
	}
	if err := RefuseTooGood(run, journal.Evaluated{EvalPPL: 1, Text: "secret-1"}, "f"); err != nil {
		t.Errorf("on a text that the full-precision model wasn't measured on: %v", err)
	}
	for _, setting := range []string{journal.BetterCounts, ""} {
		run.BetterThanFull = setting
		if err := RefuseTooGood(run, journal.Evaluated{EvalPPL: 1}, "f"); err != nil {
			t.Errorf("in a run with %q: %v", setting, err)
		}
	}
}
