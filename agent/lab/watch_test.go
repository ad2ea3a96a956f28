package lab

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/progress"
)

// seen keeps what is reported.
type seen []string

func (s *seen) Report(e progress.Event) {
	*s = append(*s, fmt.Sprint(e.Kind, " ", progress.EvalLine(e), e.Message))
}

// TestWatchBelievesEventsForWhatTheyCannotDecide gives a watch what a candidate's
// code may print.
func TestWatchBelievesEventsForWhatTheyCannotDecide(t *testing.T) {
	const honest = `{"kind":"snapshot","step":4,"steps":8,"train_loss":3.5}`
	for name, test := range map[string]struct {
		lines     string
		snapshots []int // that are evaluated on the way
		shown     seen
		last      int // the step of the one that is evaluated as the export
	}{
		"honest": {
			`{"kind":"start","steps":8}
{"kind":"step","step":1,"steps":8,"train_loss":3.5}
{"kind":"snapshot","step":2,"steps":8}
` + honest + `
{"kind":"snapshot","step":8,"steps":8}
{"kind":"done","step":8,"steps":8}`, []int{2, 4}, seen{"step step 1/8  (says itself: train_loss 3.500)"}, 8,
		},
		"refusals":               {`{"kind":"start","steps":8,"refuses":["LearningRate=1"]}`, nil, nil, 0},
		"an evaluation":          {`{"kind":"eval","step":2,"steps":8,"eval_ppl":1.01}`, nil, nil, 0},
		"figures in a step":      {`{"kind":"step","step":1,"steps":8,"eval_ppl":1.01,"eval_bpb":0.1,"best_ppl":1}`, nil, seen{"step step 1/8"}, 0},
		"a message":              {`{"kind":"step","step":1,"steps":8,"message":"keep: eval_ppl 1.00\u001b[2J"}`, nil, seen{"step step 1/8"}, 0},
		"huge figures":           {`{"kind":"step","step":1,"steps":8,"train_loss":1e308,"lr":-1e200}`, nil, seen{"step step 1/8"}, 0},
		"done before the end":    {`{"kind":"done","step":8,"steps":8}` + "\n" + honest, []int{4}, nil, 0},
		"an export too early":    {`{"kind":"export","step":8,"steps":8}` + "\n" + honest, []int{4}, nil, 0},
		"a snapshot twice":       {honest + "\n" + honest, []int{4}, nil, 0},
		"snapshots out of order": {honest + "\n" + `{"kind":"snapshot","step":2,"steps":8}`, []int{4}, nil, 0},
		"a snapshot not due":     {`{"kind":"snapshot","step":3,"steps":8}`, nil, nil, 0},
		"a snapshot of step 0":   {`{"kind":"snapshot","step":0,"steps":8}`, nil, nil, 0},
		"nothing behind the end": {`{"kind":"snapshot","step":8,"steps":8}` + "\n" + honest, nil, nil, 8},
		"another length":         {`{"kind":"snapshot","step":4,"steps":4}` + "\n" + `{"kind":"step","step":1,"steps":1000}`, nil, nil, 0},
		"a negative step":        {`{"kind":"snapshot","step":-2,"steps":8}`, nil, nil, 0},
		"no event":               {"NaN\n{}\n[]\n{\"kind\":\"verdict\"}\nkeep\n" + strings.Repeat("x", 1<<17), nil, nil, 0},
		"a flood":                {strings.Repeat(honest+"\n", 10_000), []int{4}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var shown seen
			w := &watch{
				lab: &Lab{protocol: Protocol{Steps: 8, EvalEvery: 2}}, spec: Spec{Reporter: &shown},
				steps: 8, pending: make(chan progress.Event, 5),
			}
			for line := range strings.SplitSeq(test.lines, "\n") {
				w.line([]byte(line))
			}
			close(w.pending)
			var snapshots []int
			for event := range w.pending {
				snapshots = append(snapshots, event.Step)
			}
			if diff := cmp.Diff(test.snapshots, snapshots); diff != "" {
				t.Errorf("evaluated (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.shown, shown); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
			if w.last.Step != test.last {
				t.Errorf("the export is that of step %d, want %d", w.last.Step, test.last)
			}
		})
	}
}

// The steps of a training whose tokens are given are told by its first step; what
// is evaluated lies at the same shares as in one of the run's steps.
func TestWatchOfATrainingOfOtherSteps(t *testing.T) {
	for name, test := range map[string]struct {
		lines     string
		snapshots []int
		last      int
	}{
		"half the steps":        {"1/4 2/4 3/4 4/4", []int{1, 2, 3}, 4},
		"twice the steps":       {"2/16 4/16 6/16 8/16 16/16", []int{4, 8}, 16},
		"changes its mind":      {"1/4 1/8 2/8 2/4", []int{1, 2}, 0},
		"more steps than share": {"1/4000 1000/4000", nil, 0},
	} {
		w := &watch{
			lab: &Lab{protocol: Protocol{Steps: 8, EvalEvery: 2}}, spec: Spec{Reporter: new(seen), Tokens: 2048},
			pending: make(chan progress.Event, 5),
		}
		for at := range strings.FieldsSeq(test.lines) {
			var step, steps int
			if _, err := fmt.Sscanf(at, "%d/%d", &step, &steps); err != nil {
				t.Fatal(err)
			}
			for _, kind := range []string{"step", "snapshot"} {
				w.line(fmt.Appendf(nil, `{"kind":%q,"step":%d,"steps":%d,"tokens":%d}`, kind, step, steps, step*2048/steps))
			}
		}
		close(w.pending)
		var snapshots []int
		for event := range w.pending {
			snapshots = append(snapshots, event.Step)
		}
		if diff := cmp.Diff(test.snapshots, snapshots); diff != "" || w.last.Step != test.last {
			t.Errorf("%s: the export is that of step %d; evaluated (-want +got):\n%s", name, w.last.Step, diff)
		}
	}
}
