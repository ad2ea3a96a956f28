package journal

import (
	"testing"

	"github.com/ternlab/ternlab/results/verdict"
)

func TestJudged(t *testing.T) {
	if j := OfBrief(verdict.Verdict{Keep: true, Reason: "r"}); j.Status != StatusKeep || j.Reason != "r" || j.Failure != nil {
		t.Errorf("keep is judged %+v", j)
	}
	if j := OfBrief(verdict.Verdict{Reason: "r"}); j.Status != StatusDiscard || j.Reason != "r" || j.Failure != nil {
		t.Errorf("discard is judged %+v", j)
	}
	if j := Crashed(FailureTimeout, "m"); j.Status != StatusCrash || *j.Failure != (Failure{FailureTimeout, "m"}) {
		t.Errorf("crash is judged %+v", j)
	}
}

// A look that asks for a further seed is no verdict; all others are.
func TestOfLook(t *testing.T) {
	for action, want := range map[verdict.Action]Status{verdict.ActionKeep: StatusKeep, verdict.ActionSimplify: StatusSimplify, verdict.ActionDiscard: StatusDiscard, verdict.ActionMore: ""} {
		judged, err := OfLook(verdict.Look{Action: action, Reason: "r"}, []uint64{1})
		if judged.Status != want || (err != nil) != (want == "") {
			t.Errorf("%s is judged %+v, %v", action, judged, err)
		}
	}
}
