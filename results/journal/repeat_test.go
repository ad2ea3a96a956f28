package journal

import (
	"slices"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// withdrawals is a run in which experiments 1 and 2 were kept, the one on top of the
// other, with figures on seeds 1 to 3.
func withdrawals() []event {
	seeds := []uint64{1}
	events := []event{{0, Run{Tag: "mar5", BaseCommit: "c0", Protocol: Protocol{Seed: 1, Rule: verdict.Rule{Name: verdict.RuleSequential, MaxSeeds: 3, MinEffect: 0.001, Alpha: 0.05}}}}}
	for number, ppl := range []table.Measure{140, 130, 120} {
		parent := "c" + string(rune('0'+max(0, number-1)))
		events = append(events, event{number, Intent{ParentCommit: parent, ParentEvalPPL: 140, Seeds: seeds}})
		for seed := uint64(1); seed <= 3; seed++ {
			events = append(events,
				event{number, Trained{Seed: seed}},
				event{number, Evaluated{Seed: seed, EvalPPL: ppl + table.Measure(seed)/10}})
		}
		events = append(events,
			event{number, Judged{Status: StatusKeep, Reason: "better", Change: -0.1}},
			event{number, Committed{Commit: "c" + string(rune('0'+number)), Ref: "branch"}})
	}
	return events
}

func folded(t *testing.T, events ...event) (Run, []Experiment) {
	t.Helper()
	run, experiments, err := Fold(recordsOf(t, events))
	if err != nil {
		t.Fatal(err)
	}
	return run, experiments
}

func TestRepetition(t *testing.T) {
	repeated := func(number int, seed uint64, ppl table.Measure) event {
		return event{number, Repeated{For: 2, Seed: seed, EvalPPL: ppl}}
	}
	for name, test := range map[string]struct {
		repeats []event
		want    Repetition
	}{
		"not yet":                            {nil, NotRepeated},
		"the same":                           {[]event{repeated(2, 3, 120.3)}, Repeats},
		"another's":                          {[]event{{1, Repeated{For: 1, Seed: 2, EvalPPL: 9}}}, NotRepeated},
		"the final check's":                  {[]event{{2, Repeated{For: 2, Final: true, Seed: 2, EvalPPL: 9}}}, NotRepeated},
		"differs in the last digit":          {[]event{repeated(2, 3, 120.30000000000001)}, NeedsBaseline},
		"and the baseline's doesn't":         {[]event{repeated(2, 3, 120.30000000000001), repeated(0, 2, 140.2)}, Differs},
		"better, and the baseline's doesn't": {[]event{repeated(2, 3, 100), repeated(0, 2, 140.2)}, Differs},
		"a baseline for another":             {[]event{repeated(2, 3, 9), {0, Repeated{For: 1, Seed: 2, EvalPPL: 140.2}}}, NeedsBaseline},
		"as noisy as the baseline":           {[]event{repeated(2, 3, 120.4), repeated(0, 2, 140.3)}, Repeats},
		"more than noise":                    {[]event{repeated(2, 3, 125), repeated(0, 2, 140.3)}, Differs},
		"failed":                             {[]event{repeated(2, 3, table.Missing())}, NeedsBaseline},
		"failed, and the baseline didn't":    {[]event{repeated(2, 3, table.Missing()), repeated(0, 2, 140.2)}, Differs},
		"failed, the baseline was noisy":     {[]event{repeated(2, 3, table.Missing()), repeated(0, 2, 140.3)}, Differs},
		"both failed":                        {[]event{repeated(2, 3, table.Missing()), repeated(0, 2, table.Missing())}, Repeats},
	} {
		t.Run(name, func(t *testing.T) {
			_, experiments := folded(t, slices.Concat(withdrawals(), test.repeats)...)
			if got := RepetitionOf(experiments, 2, false); got != test.want {
				t.Errorf("it is %v, want %v", got, test.want)
			}
		})
	}
}

func TestRepeatSeed(t *testing.T) {
	run, experiments := folded(t, slices.Concat(withdrawals(), []event{
		{2, Trained{Seed: FreshSeed(Run{Protocol: Protocol{Seed: 1}}, 1)}},
		{2, Evaluated{Seed: FreshSeed(Run{Protocol: Protocol{Seed: 1}}, 1), EvalPPL: 120}},
	})...)
	first, final := RepeatSeed(run, experiments[2], false), RepeatSeed(run, experiments[2], true)
	if first == final || first == 1 || final == 1 || first > 3 || final > 3 {
		t.Errorf("measured again on seeds %d and %d", first, final)
	}
	if got := RepeatSeed(run, Experiment{Trials: []Trial{{Seed: 1, EvalPPL: 100}}}, false); got != 1 {
		t.Errorf("what was measured on seed 1 alone is measured again on %d", got)
	}
}

// A withdrawn champion leaves the one before it, whose own figure is held to once more,
// and commits go on from the one that restored it.
func TestWithdrawal(t *testing.T) {
	events := slices.Concat(withdrawals(), []event{
		{1, Repeated{For: 1, Seed: 2, EvalPPL: 130.2}},
		{2, Repeated{For: 2, Seed: 3, EvalPPL: 240}},
		{0, Repeated{For: 2, Seed: 2, EvalPPL: 140.2}},
	})
	run, before := folded(t, events...)
	if Tip(run, before) != "c2" || RepetitionOf(before, 1, false) != Repeats {
		t.Fatalf("the branch ends at %s, experiment 1 is %v", Tip(run, before), RepetitionOf(before, 1, false))
	}
	data := Withdraw(run, before, 2, false)
	want := "eval_ppl on seed 3 was 120.3 and is 240 when the same is trained again, though the baseline's is the same"
	if data.Champion != 1 || data.Parent != "c2" || data.Reason != want {
		t.Errorf("withdrawn by %+v", data)
	}
	events = append(events, event{2, data})
	_, pending := folded(t, events...)
	if best, _ := Best(pending); best.Number != 1 || pending[2].Stage != KindWithdrawn || pending[2].Commit != "c2" {
		t.Errorf("the champion is %d, experiment 2 is %+v", best.Number, pending[2])
	}
	events = append(events, event{2, Committed{Commit: "r2", Ref: "branch"}})
	run, after := folded(t, events...)
	e := after[2]
	if e.Status != StatusWithdrawn || e.Commit != "c2" || e.Withdrawal.Commit != "r2" || !strings.HasSuffix(e.Reason, "; it was kept for better") {
		t.Errorf("experiment 2 is %+v", e)
	}
	if Tip(run, after) != "r2" || ChampionAt(after, "r2") != 1 || ChampionAt(after, "c2") != 2 || ChampionAt(after, "c0") != 0 {
		t.Errorf("the branch ends at %s", Tip(run, after))
	}
	if got := RepetitionOf(after, 1, false); got != NotRepeated {
		t.Errorf("experiment 1, on which the withdrawn one stood, is %v", got)
	}
	events = append(events, event{1, Repeated{For: 1, Seed: 2, EvalPPL: 9}}, event{0, Repeated{For: 1, Seed: 2, EvalPPL: 140.2}})
	run, after = folded(t, events...)
	data = Withdraw(run, after, 1, false)
	events = append(events, event{1, data}, event{1, Committed{Commit: "r1", Ref: "branch"}})
	run, after = folded(t, events...)
	if data.Parent != "r2" || Tip(run, after) != "r1" || ChampionAt(after, "r1") != 0 {
		t.Errorf("then it ends at %s, on %s", Tip(run, after), data.Parent)
	}
	if before[2].Status != StatusKeep || before[1].Repeats[0].stale {
		t.Error("what was known before has changed")
	}
}
