package draft

import (
	"testing"

	"github.com/ternlab/ternlab/results/journal"
)

// What an experiment's rivals of the same batch have measured already says nothing.
func TestProposersDoNotSeeWhatIsUnderWay(t *testing.T) {
	trials := []journal.Trial{{Seed: 1, EvalPPL: 90}, {Seed: 2, EvalPPL: 91}, {Seed: 3, EvalPPL: 92}}
	known := []journal.Experiment{
		{Status: journal.StatusKeep, EvalPPL: 100, Trials: trials},
		{Number: 1, Status: journal.StatusRunning, EvalPPL: 90, Trials: trials, Description: "a change"},
	}
	told := toldOf(known)
	if !told[0].EvalPPL.Valid() || told[1].EvalPPL.Valid() || len(told[1].Trials) > 0 || told[1].Description != "a change" {
		t.Errorf("a proposer is told %+v", told)
	}
	if known[1].EvalPPL != 90 || len(known[1].Trials) != 3 {
		t.Error("the record itself was changed")
	}
}

func TestIsNewRefusesARecipeByItsFingerprint(t *testing.T) {
	before := []journal.Experiment{
		{Recipe: "a", Status: journal.StatusKeep},
		{Number: 1, Recipe: "b", Status: journal.StatusRunning},
		{Number: 2, Recipe: "c", Status: journal.StatusCrash, Failure: &journal.Failure{Class: journal.FailureDuplicate}},
	}
	for recipe, want := range map[string]bool{"a": false, "b": false, "c": true, "d": true} {
		if got := isNew(Draft{Recipe: recipe}, before) == nil; got != want {
			t.Errorf("recipe %s is new: %t, want %t", recipe, got, want)
		}
	}
}

func TestToTryAgain(t *testing.T) {
	known := []journal.Experiment{{}, {Number: 1, TryAgain: true}, {Number: 2}, {Number: 3, TryAgain: true}}
	if got := toTryAgain(known); got != 1 {
		t.Errorf("first it is %d, want 1", got)
	}
	known = append(known, journal.Experiment{Number: 4, Again: 1})
	if got := toTryAgain(known); got != 3 {
		t.Errorf("then it is %d, want 3", got)
	}
	known = append(known, journal.Experiment{Number: 5, Again: 3})
	if got := toTryAgain(known); got != 0 {
		t.Errorf("at last it is %d, want none", got)
	}
}
