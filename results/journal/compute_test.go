package journal

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// A step stands for the evaluation that the run's own training has had by the same
// share. In a training of as many steps each stands for itself.
func TestStandsFor(t *testing.T) {
	run := Run{Protocol: Protocol{Steps: 100, EvalEvery: 25}}
	for steps, want := range map[int]map[int]int{
		100: {1: 1, 25: 25, 26: 26, 99: 99, 100: 100},
		50:  {12: 0, 13: 25, 25: 50, 38: 75, 49: 75, 50: 100},
		200: {49: 0, 50: 25, 100: 50, 150: 75, 200: 100},
		3:   {1: 25, 2: 50, 3: 100},
		1:   {1: 100},
		0:   {7: 7},
	} {
		for step, at := range want {
			if got := run.StandsFor(step, steps); got != at {
				t.Errorf("step %d of %d stands for %d, want %d", step, steps, got, at)
			}
		}
	}
}

// Curves of other lengths race at the same shares, and as before at the same length.
func TestRaceAtTheSameShare(t *testing.T) {
	run := Run{Protocol: Protocol{Steps: 100, EvalEvery: 25}}
	curve := func(steps int, evalPPL ...table.Measure) []table.Point {
		var list []table.Point
		for i, ppl := range evalPPL {
			point := table.NewPoint(((i+1)*steps + 3) / 4) // as the trainer does it
			point.EvalPPL = ppl
			list = append(list, run.Placed(point, steps))
		}
		return list
	}
	champion := curve(100, 200, 100, 80, 70)
	band := verdict.Band{25: 0.1, 50: 0.1, 75: 0.1}
	for name, test := range map[string]struct {
		steps     int
		candidate []table.Measure
		want      bool
	}{
		"half the steps, as good":         {50, []table.Measure{200, 100}, false},
		"half the steps, hopeless":        {50, []table.Measure{300, 250}, true},
		"half the steps, once":            {50, []table.Measure{300}, false},
		"half the steps, a step earlier":  {50, []table.Measure{300, 190}, false},
		"twice the steps, hopeless":       {200, []table.Measure{300, 250}, true},
		"twice the steps, as good":        {200, []table.Measure{200, 100, 81}, false},
		"the same number, hopeless":       {100, []table.Measure{300, 250}, true},
		"the same number, behind at last": {100, []table.Measure{200, 100, 120}, false},
	} {
		candidate := curve(test.steps, test.candidate...)
		if got := band.Hopeless(champion, candidate); got != test.want {
			t.Errorf("%s: hopeless is %v", name, got)
		}
	}
	for i, point := range champion {
		if point.At != 0 {
			t.Errorf("point %d of a training of the run's own length has At %d", i, point.At)
		}
	}
	noise := RaceBand([]Experiment{{Trials: []Trial{{Points: curve(50, 100, 90)}, {Points: curve(50, 110, 99)}}}})
	if len(noise) != 2 || noise[25] == 0 || noise[50] == 0 {
		t.Errorf("the band is %v", noise)
	}
}

// Rows say what a training had taken by each of them; one that was stopped, too.
func TestRowsSayWhatWasTaken(t *testing.T) {
	var trained Experiment
	trained.Status = StatusRunning
	trained.train(Trained{Seed: 1, Points: points(140), StoppedAt: 25, Steps: 50, Done: 30, Tokens: 30 * 512, FLOPs: 30e9, TimeS: 7})
	rows := Rows(Run{Protocol: Protocol{Steps: 100}}, []Experiment{trained})
	if len(rows) != 1 || rows[0].Tokens != 25*512 || math.Abs(float64(rows[0].FLOPs)-25e9) > 1 {
		t.Errorf("rows %+v", rows)
	}
	if trained.Allotted() != 50*512 || trained.TrainS != 7 || trained.TrainDone != 30 {
		t.Errorf("compute %+v", trained.Compute)
	}
	want := Compute{TrainSteps: 50, TrainDone: 30, TrainTokens: 30 * 512, TrainFLOPs: 30e9, TrainS: 7, StepS: table.Missing()}
	if diff := cmp.Diff(want, trained.meanCompute([]uint64{1, 2}), cmp.Comparer(same)); diff != "" {
		t.Error(diff)
	}
}

// What older journals don't say is not known; the last row is at the run's last step.
func TestRowsOfAnOlderRun(t *testing.T) {
	var trained Experiment
	trained.Status = StatusRunning
	trained.train(Trained{Seed: 1, Points: points(140, 130), TimeS: 7})
	if err := trained.evaluate(Evaluated{Seed: 1, EvalPPL: 131}); err != nil {
		t.Fatal(err)
	}
	rows := Rows(Run{Protocol: Protocol{Steps: 50}}, []Experiment{trained})
	if len(rows) != 2 || rows[1].EvalPPL != 131 || rows[1].Tokens.Valid() || rows[1].FLOPs.Valid() || trained.Allotted() != 0 {
		t.Errorf("rows %+v", rows)
	}
	if (Run{}).HeldEqual() != EqualSteps || (Run{Protocol: Protocol{Equal: EqualTime}}).HeldEqual() != EqualTime {
		t.Error("what an older run held equal is not its steps")
	}
}
