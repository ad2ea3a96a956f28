package journal

import (
	"math"
	"slices"
	"testing"

	"github.com/ternlab/ternlab/results/table"
)

func TestSeedsOfVerdictsAndChecksDiffer(t *testing.T) {
	run := Run{Protocol: Protocol{Seed: 7}}
	seen := map[uint64]bool{}
	for k := 1; k <= 1000; k++ {
		seen[PairedSeed(run, k)], seen[FreshSeed(run, k)] = true, true
	}
	if len(seen) != 2000 || PairedSeed(run, 1) != 7 {
		t.Errorf("%d different seeds, the first is %d", len(seen), PairedSeed(run, 1))
	}
}

func TestCompareTakesTheNeighboursNoise(t *testing.T) {
	experiment := func(number int, figures ...table.Measure) Experiment {
		e := Experiment{Number: number}
		for i, ppl := range figures {
			e.Trials = append(e.Trials, Trial{Seed: uint64(i + 1), EvalPPL: ppl})
		}
		return e
	}
	champion := experiment(1, 100, 102)
	for k, ppl := range []table.Measure{90, 110, 100} {
		champion.Trials = append(champion.Trials, Trial{Seed: FreshSeed(Run{Protocol: Protocol{Seed: 1}}, k+1), EvalPPL: ppl})
	}
	all := []Experiment{experiment(0, 500, 5), champion, experiment(2, 101, 103), experiment(3, 120), experiment(4, 99, 98)}
	elsewhere := experiment(3, 7, 70) // of the same batch as the champion
	elsewhere.ParentCommit = "the champion's own champion"
	all = slices.Insert(all, 3, elsewhere)
	got := Compare(Run{Protocol: Protocol{Seed: 1}}, all, champion, all[5], 2)
	if len(got.Champion) != 2 || len(got.Candidate) != 2 || got.Others.DF != 3 || math.Abs(got.Candidate[1]-math.Log(98)) > 1e-12 {
		t.Errorf("compared %+v", got)
	}
}

func TestRacing(t *testing.T) {
	measured := Experiment{}
	for _, off := range []table.Measure{1, 1.01, 0.99, 1.02, 0.98} {
		measured.Trials = append(measured.Trials, Trial{EvalPPL: 50 * off, Points: curve(500*off, 100*off, 50*off)})
	}
	band := RaceBand([]Experiment{measured})
	champion := curve(500, 100, 50)
	for name, test := range map[string]struct {
		candidate []table.Point
		hopeless  bool
	}{
		"nothing yet":                    {nil, false},
		"far behind, once":               {curve(900), false},
		"far behind, twice":              {curve(900, 700), true},
		"behind, but an evaluation late": {curve(900, 400), false},
		"within the noise":               {curve(505, 102), false},
		"fell back":                      {curve(500, 700), false},
		"fell back for good":             {curve(500, 700, 650), true},
	} {
		if got := band.Hopeless(champion, test.candidate); got != test.hopeless {
			t.Errorf("%s: hopeless is %v", name, got)
		}
	}
	if RaceBand([]Experiment{{Trials: measured.Trials[:1]}}).Hopeless(champion, curve(900, 700)) {
		t.Error("stopped by a band that was never measured")
	}
	saved := Saved(Run{Protocol: Protocol{Steps: 100}}, []Experiment{{Trials: []Trial{{StoppedAt: 25, TimeS: 10}, {TimeS: 40}}}})
	if saved != 30 {
		t.Errorf("saved %v s, want 30", saved)
	}
}

func TestMisfit(t *testing.T) {
	for name, test := range map[string]struct {
		trial Trial
		want  string
	}{
		"learns to the end":       {Trial{EvalPPL: 50, Points: curve(500, 100, 60)}, ""},
		"flat":                    {Trial{EvalPPL: 50, Points: curve(50, 50, 50)}, ""},
		"a little worse at last":  {Trial{EvalPPL: 50.3, Points: curve(500, 100, 50)}, ""},
		"better on the way":       {Trial{EvalPPL: 100, Points: curve(50, 50, 50)}, "was better at step 25 than in the end (eval_ppl 50.00, then 100.00)"},
		"better once":             {Trial{EvalPPL: 100, Points: curve(500, 95, 110)}, "was better at step 50 than in the end (eval_ppl 95.00, then 100.00)"},
		"no snapshots":            {Trial{EvalPPL: 100}, ""},
		"nothing measured of any": {Trial{EvalPPL: 100, Points: []table.Point{table.NewPoint(25)}}, ""},
		"not evaluated":           {Trial{EvalPPL: table.Missing(), Points: curve(50)}, ""},
	} {
		if got := test.trial.Misfit(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Snapshots are a candidate's: none of them makes the band narrower than its
// exports do, and those that don't fit have no part in it.
func TestRaceBandRestsOnNoSnapshotAlone(t *testing.T) {
	honest, alike, misfit := Experiment{}, Experiment{}, Experiment{}
	for _, off := range []table.Measure{1, 1.05, 0.96, 1.03} {
		honest.Trials = append(honest.Trials, Trial{EvalPPL: 50 * off, Points: curve(500*off, 100*off)})
		alike.Trials = append(alike.Trials, Trial{EvalPPL: 50 * off, Points: curve(500, 100)})
		misfit.Trials = append(misfit.Trials, Trial{EvalPPL: 50 * off, Points: curve(1, 1)})
	}
	want := RaceBand([]Experiment{honest})[50]
	if got := RaceBand([]Experiment{alike})[50]; math.Abs(got-want) > 1e-9 {
		t.Errorf("snapshots that are alike on all seeds make the band %g, want %g", got, want)
	}
	if got := RaceBand([]Experiment{honest, misfit})[50]; got != want {
		t.Errorf("with curves that don't fit the band is %g, want %g", got, want)
	}
	if got := RaceBand([]Experiment{misfit}); len(got) > 0 {
		t.Errorf("the band of curves that don't fit is %v, want none", got)
	}
}

// curve is what was measured at steps 25, 50, 75 and so on.
func curve(figures ...table.Measure) []table.Point {
	var points []table.Point
	for i, ppl := range figures {
		point := table.NewPoint(25 * (i + 1))
		point.EvalPPL = ppl
		points = append(points, point)
	}
	return points
}
