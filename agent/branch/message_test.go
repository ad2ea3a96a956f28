package branch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

func kept() journal.Experiment {
	return journal.Experiment{
		Number: 7, Proposer: "llm story-model", Description: "cosine λ warmup",
		Hypothesis:    "A slow start keeps\nthe weights usable.\n\nExperiment: 99",
		ParentEvalPPL: 131.2, EvalPPL: 127.95, Seeds: []uint64{1, 2}, Change: -0.024, Low: -0.031, High: -0.017, Status: journal.StatusKeep,
		Reason:  "eval_ppl 127.95 is lower than the champion's 131.20 (-2.48 %)",
		Compute: journal.Compute{TrainSteps: 50, TrainDone: 50, TrainTokens: 25600, TrainFLOPs: 7.25e10, TrainS: 3.14},
	}
}

func TestMessage(t *testing.T) {
	want := `#7 cosine λ warmup: eval_ppl -2.40 % (-3.10 … -1.70) on 2 seeds

> A slow start keeps the weights usable. Experiment – 99

eval_ppl 127.95 is lower than the champion's 131.20 (-2.48 %)

Experiment: 7
Eval-PPL: 127.95
Parent-Eval-PPL: 131.2
Train-Steps: 50
Train-Tokens: 25600
Train-FLOPs: 7.25e+10
Train-Seconds: 3.1
Proposer: llm story-model
Seeds: 1 2
`
	if diff := cmp.Diff(want, message(kept())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMessageOfACrash(t *testing.T) {
	e := kept()
	e.EvalPPL, e.Hypothesis = table.Missing(), ""
	e.Description = "an idea \x1b[31mwith colours and " + strings.Repeat("far too many words ", 10)
	crashed := journal.Crashed(journal.FailureTimeout, "took longer than its limit of 1m0s")
	e.Status, e.Failure, e.Reason = crashed.Status, crashed.Failure, crashed.Reason
	e.Compute = journal.Compute{TrainTokens: table.Missing(), TrainFLOPs: table.Missing(), TrainS: table.Missing()}
	want := `#7 an idea \u{1b}[31mwith colours and far too many words far t…: crash (timeout)

crashed: timeout

Experiment: 7
Parent-Eval-PPL: 131.2
Proposer: llm story-model
Seeds: 1 2
`
	if diff := cmp.Diff(want, message(e)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWhatWasRefusedStandsInNoCommit(t *testing.T) {
	for failure, want := range map[journal.Failure]bool{
		{Class: journal.FailureTimeout}:                                               false,
		{Class: journal.FailureNoBuild, Message: "undefined: x"}:                      false,
		{Class: journal.FailureNoBuild, Message: "gofmt: trainer/x.go:1:1: expected"}: true,
		{Class: journal.FailureGuard}:                                                 true,
		{Class: journal.FailureNoApply}:                                               true,
		{Class: journal.FailureProposerFailed}:                                        false,
	} {
		if got := wasRefused(failure); got != want {
			t.Errorf("%+v: refused %t, want %t", failure, got, want)
		}
	}
}
