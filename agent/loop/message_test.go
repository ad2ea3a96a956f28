package loop

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
	"github.com/ternlab/ternlab/workspace"
)

func kept() *candidate {
	return &candidate{
		number: 7, proposer: "llm story-model",
		proposal: proposer.Proposal{
			Description: "cosine λ warmup",
			Hypothesis:  "A slow start keeps\nthe weights usable.\n\nExperiment: 99",
		},
		parentOutcome: verdict.Outcome{Seeds: []uint64{1, 2}, EvalPPL: 131.2},
		evaluated:     journal.Evaluated{EvalPPL: 127.95},
		judged:        journal.Judged{Status: journal.StatusKeep, Reason: "eval_ppl 127.95 is lower than the champion's 131.20 (-2.48 %)"},
	}
}

func TestMessage(t *testing.T) {
	want := `#7 cosine λ warmup: eval_ppl 131.20 → 127.95

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
	took := journal.Compute{TrainSteps: 50, TrainDone: 50, TrainTokens: 25600, TrainFLOPs: 7.25e10, TrainS: 3.14}
	if diff := cmp.Diff(want, message(kept(), took)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMessageOfACrash(t *testing.T) {
	c := kept()
	c.evaluated.EvalPPL = table.Missing()
	c.proposal.Description = "an idea \x1b[31mwith colours and " + strings.Repeat("far too many words ", 10)
	c.proposal.Hypothesis = ""
	c.crash = &crash{journal.FailureTimeout, errors.New("took longer than its limit of 1m0s")}
	c.judged = journal.Crashed(c.crash.class, c.crash.Error())
	want := `#7 an idea \u{1b}[31mwith colours and far too many words far t…: crash (timeout)

crashed: timeout

Experiment: 7
Parent-Eval-PPL: 131.2
Proposer: llm story-model
Seeds: 1 2
`
	none := journal.Compute{TrainTokens: table.Missing(), TrainFLOPs: table.Missing(), TrainS: table.Missing()}
	if diff := cmp.Diff(want, message(c, none)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAdmissibleLeavesOutWhatWasRefused(t *testing.T) {
	tests := map[journal.FailureClass]bool{
		"":                            true,
		journal.FailureTimeout:        true,
		journal.FailureNoBuild:        true,
		journal.FailureGuard:          false,
		journal.FailureNoApply:        false,
		journal.FailureProposerFailed: true,
	}
	unparsed := &candidate{
		changed: map[string]string{"agent/main.go": "this is not Go"},
		crash:   &crash{journal.FailureNoBuild, &workspace.BuildError{Stage: "gofmt", Output: "trainer/x.go:1:1: expected package"}},
	}
	if got := unparsed.admissible(); got != nil {
		t.Errorf("a change that the guard never saw stands in the commit: %v", got)
	}
	for class, want := range tests {
		c := &candidate{changed: map[string]string{"trainer/step.go": "package main\n"}}
		if class != "" {
			c.crash = &crash{class, errors.New("why")}
		}
		if got := len(c.admissible()) == 1; got != want {
			t.Errorf("class %q: change stands in the commit: %t, want %t", class, got, want)
		}
	}
}
