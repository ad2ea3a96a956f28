package journal

import (
	"fmt"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// OfBrief is the brief's verdict as the journal records it.
func OfBrief(v verdict.Verdict) Judged {
	status := StatusDiscard
	if v.Keep {
		status = StatusKeep
	}
	return Decided(status, v.Reason)
}

// Decided is a verdict without an interval.
func Decided(status Status, reason string) Judged {
	return Judged{Status: status, Reason: reason, Change: table.Missing(), Low: table.Missing(), High: table.Missing()}
}

// Crashed returns the decision on an experiment that could not be evaluated.
func Crashed(class FailureClass, message string) Judged {
	judged := Decided(StatusCrash, "crashed: "+string(class))
	judged.Failure = &Failure{Class: class, Message: message}
	return judged
}

// TooLate is the verdict where it was to be a keep, but another experiment from the
// same parent was kept before: nobody knows what the two changes do together. So
// it isn't kept. If its change fits on that one, it is tried again there, as a new
// experiment.
func (j Judged) TooLate(kept int, fits bool) Judged {
	j.Status, j.Again = StatusDiscard, fits
	then := "and its change doesn't fit on that"
	if fits {
		then = "and its change is tried again on that"
	}
	j.Reason += fmt.Sprintf("; but experiment %d was kept before it, %s", kept, then)
	return j
}

// OfLook is a look that decides as the journal records it.
func OfLook(look verdict.Look, seeds []uint64) (Judged, error) {
	statuses := map[verdict.Action]Status{verdict.ActionKeep: StatusKeep, verdict.ActionSimplify: StatusSimplify, verdict.ActionDiscard: StatusDiscard, verdict.ActionPromise: StatusPromising}
	status, ok := statuses[look.Action]
	if !ok {
		return Judged{}, fmt.Errorf("action %q is no verdict", look.Action)
	}
	return Judged{Status: status, Reason: look.Reason, Seeds: seeds, Change: look.Change, Low: look.Low, High: look.High, Worst: &look.Worst}, nil
}

// Outcome returns the experiment's figures for [verdict.Decide].
func (e Experiment) Outcome() verdict.Outcome {
	return verdict.Outcome{Seeds: e.Seeds, EvalPPL: e.EvalPPL}
}
