package loop

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/lab"
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

// numbered are candidates with these numbers.
func numbered(numbers ...int) []candidate {
	batch := make([]candidate, len(numbers))
	for i, number := range numbers {
		batch[i].start.Number = number
	}
	return batch
}

func numbersOf(batch []candidate) []int {
	var numbers []int
	for _, c := range batch {
		numbers = append(numbers, c.start.Number)
	}
	return numbers
}

func TestNextRoundTakesThoseThatAreBehind(t *testing.T) {
	run := journal.Run{Protocol: journal.Protocol{Seed: 1}}
	known := []journal.Experiment{{}, {Looks: 2}, {Looks: 1}, {Looks: 1}, {Looks: 1}, {Looks: 0}}
	batch := numbered(1, 2, 3, 4, 5)
	batch[3].ruling.isClear = true
	batch[4].fault = &lab.FaultError{}
	round, seed := nextRound(run, known, batch)
	if want := []int{2, 3}; !slices.Equal(numbersOf(round), want) || seed != journal.PairedSeed(run, 2) {
		t.Errorf("experiments %v on seed %d, want %v on the second", numbersOf(round), seed, want)
	}
	if round, _ := nextRound(run, known, batch[3:]); len(round) > 0 {
		t.Errorf("%v is tried again, though all is clear", numbersOf(round))
	}
}

func TestWhatIsToBeKeptWaitsForTheOthers(t *testing.T) {
	keep := ruling{journal.Decided(journal.StatusKeep, "better"), true}
	drop := ruling{journal.Decided(journal.StatusDiscard, "worse"), true}
	batch := numbered(1, 2, 3, 4)
	batch[0].ruling, batch[1].ruling = keep, drop
	batch[3].fault = &lab.FaultError{}
	open, ready := part(batch)
	if !slices.Equal(numbersOf(open), []int{1, 3}) || !slices.Equal(numbersOf(ready), []int{2, 4}) {
		t.Errorf("%v go on and %v are decided, want 1 and 3, 2 and 4", numbersOf(open), numbersOf(ready))
	}
	changed := numbered(3)
	changed[0].ruling = drop
	open, ready = part(with(batch, changed))
	if len(open) > 0 || len(ready) != 4 {
		t.Errorf("%v go on, want all to be decided", numbersOf(open))
	}
	if batch[2].ruling.isClear {
		t.Error("the batch itself was changed")
	}
}

func TestTheBestIsDecidedFirst(t *testing.T) {
	known := []journal.Experiment{{}, {EvalPPL: 90, ParentEvalPPL: 100}, {}, {}, {}}
	batch := numbered(1, 2, 3, 4)
	for i := range batch {
		batch[i].ruling = ruling{journal.Decided(journal.StatusKeep, "better"), true}
	}
	batch[1].ruling.judged.Change = -0.2
	batch[2].ruling.judged.Status = journal.StatusDiscard
	batch[3].fault = &lab.FaultError{}
	ranks := []float64{batch[0].rank(known), batch[1].rank(known), batch[2].rank(known), batch[3].rank(known)}
	if !(ranks[1] < ranks[0] && ranks[0] < 0 && math.IsInf(ranks[2], 1) && math.IsInf(ranks[3], 1)) {
		t.Errorf("ranks %v; want the second first, then the one that is 10 %% better on one seed, others behind", ranks)
	}
}
