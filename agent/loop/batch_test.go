package loop

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/results/journal"
)

func TestNextNumbers(t *testing.T) {
	const decided, intent, built = "decided", "intent", "built"
	baseline := journal.Experiment{Status: journal.StatusKeep, Stage: journal.KindCommitted}
	known := func(batch int, states ...string) []journal.Experiment {
		all := []journal.Experiment{baseline}
		for i, state := range states {
			e := journal.Experiment{Number: i + 1, Batch: batch, Status: journal.StatusRunning, Stage: journal.KindIntent}
			switch state {
			case decided:
				e.Status, e.Stage = journal.StatusDiscard, journal.KindCommitted
			case built:
				e.Stage = journal.KindBuilt
			}
			all = append(all, e)
		}
		return all
	}
	for name, test := range map[string]struct {
		known        []journal.Experiment
		size, budget int
		id           int
		numbers      []int
	}{
		"the first":                        {known(1), 1, 5, 1, []int{1}},
		"three at once":                    {known(1), 3, 5, 1, []int{1, 2, 3}},
		"the rest of the budget":           {known(1, decided, decided), 3, 4, 3, []int{3, 4}},
		"interrupted before the third":     {known(1, built, intent), 3, 5, 1, []int{1, 2, 3}},
		"interrupted, now fewer at once":   {known(1, built, built, built), 1, 5, 1, []int{1, 2, 3}},
		"interrupted between verdicts":     {known(1, decided, built, built), 3, 5, 1, []int{2, 3}},
		"a verdict out of order":           {known(1, built, decided, built), 3, 9, 1, []int{1, 3}},
		"nothing was left to try for two":  {known(1, decided, intent, intent), 3, 5, 2, []int{2, 3, 4}},
		"a smaller budget than under way":  {known(1, decided, built, built), 3, 2, 1, []int{2}},
		"version 2, interrupted":           {known(0, decided, built), 1, 5, 0, []int{2}},
		"version 2, nothing was proposed":  {known(0, decided, intent), 1, 5, 2, []int{2}},
		"version 2, several at once later": {known(0, decided, decided), 2, 5, 3, []int{3, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			id, numbers := nextNumbers(test.known, test.size, test.budget)
			if diff := cmp.Diff(test.numbers, numbers); diff != "" || id != test.id {
				t.Errorf("batch %d, want %d; numbers (-want +got):\n%s", id, test.id, diff)
			}
		})
	}
}

// What an experiment's rivals of the same batch have measured already says nothing.
func TestRacesDoNotSeeWhatIsUnderWay(t *testing.T) {
	trials := []journal.Trial{{Seed: 1, EvalPPL: 90}, {Seed: 2, EvalPPL: 91}, {Seed: 3, EvalPPL: 92}}
	known := []journal.Experiment{
		{Status: journal.StatusKeep, EvalPPL: 100, Trials: trials},
		{Number: 1, Status: journal.StatusRunning, EvalPPL: 90, Trials: trials, Description: "a change"},
	}
	if got := withTrialsOn(known, []uint64{1, 2}); len(got[0].Trials) != 3 || len(got[1].Trials) != 2 {
		t.Errorf("before the round on seed 3 there are %d and %d trials, want 3 and 2", len(got[0].Trials), len(got[1].Trials))
	}
	if known[1].EvalPPL != 90 || len(known[1].Trials) != 3 {
		t.Error("the record itself was changed")
	}
}

func TestWorst(t *testing.T) {
	full := errors.New("no space left on device")
	for name, test := range map[string]struct {
		failed []error
		want   error
	}{
		"none":            {[]error{nil, nil}, nil},
		"stopped":         {[]error{nil, fmt.Errorf("train: %w", bench.ErrStopped), bench.ErrStopped}, bench.ErrStopped},
		"stopped, failed": {[]error{bench.ErrStopped, full}, full},
	} {
		if got := worst(test.failed); !errors.Is(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
