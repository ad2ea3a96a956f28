package lab

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/progress"
)

// The largest count is believed: a candidate's own lines can only add to it.
func TestAccount(t *testing.T) {
	step := func(step, steps, tokens int, flops float64) progress.Event {
		return progress.Event{Kind: progress.Step, Step: step, Steps: steps, Tokens: tokens, FLOPs: flops}
	}
	for name, test := range map[string]struct {
		events []progress.Event
		want   account
	}{
		"nothing":         {nil, account{}},
		"two steps":       {[]progress.Event{step(1, 2, 256, 1e9), step(2, 2, 512, 2e9)}, account{2, 2, 512, 2e9}},
		"no counts":       {[]progress.Event{step(1, 2, 0, 0), step(2, 2, 0, 0)}, account{2, 2, 0, 0}},
		"forged less":     {[]progress.Event{step(1, 9, 1, 1), step(1, 2, 256, 1e9), step(2, 2, 512, 2e9), step(2, 2, 1, 1), step(9, 9, 0, 0)}, account{2, 2, 512, 2e9}},
		"forged more":     {[]progress.Event{step(1, 2, 256, 1e9), step(1, 2, 9999, 1e15), step(2, 2, 512, 2e9)}, account{2, 1, 9999, 1e15}},
		"counts from now": {[]progress.Event{step(5, 9, 0, 0), step(1, 2, 256, 1e9)}, account{2, 1, 256, 1e9}},
	} {
		var got account
		for _, event := range test.events {
			got.take(event)
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(account{})); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestOverdrawn(t *testing.T) {
	for name, test := range map[string]struct {
		counts       bool
		share, taken int
		want         Class
	}{
		"as many":            {true, 25600, 25600, ""},
		"fewer":              {true, 25600, 24576, ""},
		"one more":           {true, 25600, 25601, OverLimit},
		"doesn't say":        {true, 25600, 0, TrainFailed},
		"the baseline":       {true, 0, 25600, ""},
		"a silent baseline":  {true, 0, 0, TrainFailed},
		"steps don't ask":    {false, 0, 0, ""},
		"time, in its share": {true, 12800, 12800, ""},
		"time, one more":     {true, 12800, 12801, OverLimit},
	} {
		err := account{tokens: test.taken}.overdrawn(Spec{MustCount: test.counts, Tokens: test.share})
		var class Class
		if fault := AsFault(err); fault != nil {
			class = fault.Class
		}
		if class != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMedianGap(t *testing.T) {
	at := func(milliseconds ...int) []time.Time {
		var times []time.Time
		for _, ms := range milliseconds {
			times = append(times, time.UnixMilli(int64(ms)))
		}
		return times
	}
	for name, test := range map[string]struct {
		times []time.Time
		want  table.Measure
	}{
		"even":       {at(0, 100, 200, 300), 0.1},
		"a hiccough": {at(0, 100, 5000, 5100, 5200), 0.1},
		"two":        {at(7, 10), 0.003},
	} {
		if got := medianGap(test.times); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	if medianGap(at(5)).Valid() || medianGap(nil).Valid() {
		t.Error("a single step has a gap")
	}
}
