package journal

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/edit"
)

// event is one call of Append.
type event struct {
	experiment int
	data       Data
}

// story is a run with every way in which an experiment ends: the baseline, a
// keep, a discard, a crash before and one in the training, a simplification
// after two seeds, for which its champion is measured again, and one that goes on.
func story() []event {
	seeds := []uint64{1}
	return []event{
		{0, Run{Tag: "mar5", BaseCommit: "base", Proposer: "tpe", Versions: map[string]string{"go": "go1.26.5"}, Protocol: Protocol{Preset: "nano", Steps: 50, EvalEvery: 25, Seed: 1, Equal: EqualTokens, Backend: "go"}}},
		{0, Intent{ParentCommit: "base", ParentEvalPPL: table.Missing(), Seeds: seeds}},
		{0, Proposal{Description: "baseline", Proposer: "baseline"}},
		{0, Built{TimeS: 8}},
		{0, Trained{Seed: 1, Points: points(140, 132), TimeS: 12, MemoryGB: 0.25, Steps: 50, Done: 50, Tokens: 12800, FLOPs: 3e10}},
		{0, Evaluated{Seed: 1, EvalPPL: 131.2, EvalBPB: 2.1, Tokens: 16384, Bytes: 50000, Windows: 128, Context: 128, Ternary: true, TimeS: 1}},
		{0, Decided(StatusKeep, "baseline")},
		{0, Committed{Commit: "0123456789abcdef", Ref: "refs/heads/autoresearch/mar5"}},

		{1, Intent{ParentCommit: "0123456789abcdef", ParentEvalPPL: 131.2, Seeds: seeds}},
		{1, Spent{TokensIn: 3000, TokensOut: 8192, USD: 0.071536}},
		{1, Spent{TokensIn: -200, TokensOut: -8000, USD: -0.0644}},
		{1, Answer{Attempt: 1, Proposer: "llm", Reply: "No idea.", Problem: "there is no edit in it"}},
		{1, Answer{
			Attempt: 2, Proposer: "llm", Hypothesis: "A smooth start\nhurts less.", Description: "cosine\tλ warmup:\n500 → 100",
			Edits: []edit.Edit{{File: "trainer/recipe.go", Search: "x < 1", Replace: "x < 2", Line: 1}}, Reply: "{…}",
		}},
		{1, Proposal{
			Hypothesis: "A smooth start\nhurts less.", Description: "cosine\tλ warmup:\n500 → 100", Proposer: "llm",
			Diff: "--- a/trainer/recipe.go\n+++ b/trainer/recipe.go\n@@ -1 +1 @@\n-x < 1\n+x < 2\n", Attempts: 2,
		}},
		{1, Built{TimeS: 2, SHA256: "5f"}},
		{1, Trained{Seed: 1, Points: points(138, 128), TimeS: 12.5, MemoryGB: 0.26}},
		{1, Evaluated{Seed: 1, EvalPPL: 127.95, EvalBPB: 2.05, Ternary: true, TimeS: 1.5}},
		{1, Decided(StatusKeep, "eval_ppl 127.95 is lower than the champion's 131.20 (-2.48 %)")},
		{1, Committed{Commit: "1123456789abcdef", Ref: "refs/heads/autoresearch/mar5"}},

		{2, Intent{ParentCommit: "1123456789abcdef", ParentEvalPPL: 127.95, Seeds: seeds}},
		{2, Proposal{Description: "learning rate 2e-05 → 0.003", Proposer: "tpe", Diff: "d2", Attempts: 1}},
		{2, Built{TimeS: 2}},
		{2, Trained{Seed: 1, Points: points(200), TimeS: 12, MemoryGB: table.Missing()}},
		{2, Evaluated{Seed: 1, EvalPPL: 180.5, EvalBPB: 2.6, Ternary: true, TimeS: 1}},
		{2, Decided(StatusDiscard, "eval_ppl 180.50 is higher")},
		{2, Committed{Commit: "2123456789abcdef", Ref: "refs/experiments/mar5/2"}},

		{3, Intent{ParentCommit: "1123456789abcdef", ParentEvalPPL: 127.95, Seeds: seeds}},
		{3, Proposal{Description: "rewrite the quantizer", Proposer: "llm", Attempts: 3, Tokens: 4000}},
		{3, Crashed(FailureNoBuild, "undefined: foo")},

		{4, Intent{ParentCommit: "1123456789abcdef", ParentEvalPPL: 127.95, Seeds: seeds}},
		{4, Proposal{Description: "clip norm off", Proposer: "tpe", Diff: "d4", Attempts: 1}},
		{4, Built{TimeS: 2}},
		{4, Trained{Seed: 1, Points: []table.Point{table.NewPoint(25)}, TimeS: 6, MemoryGB: 0.3, Failure: &Failure{Class: FailureDiverged, Message: "loss is NaN at step 31"}}},
		{4, Crashed(FailureDiverged, "loss is NaN at step 31")},
		{4, Committed{Commit: "4123456789abcdef", Ref: "refs/experiments/mar5/4"}},

		{5, Intent{ParentCommit: "1123456789abcdef", ParentEvalPPL: 127.95, Seeds: seeds}},
		{5, Proposal{Description: "no dead zone recovery", Proposer: "llm", Diff: "--- a/x\n+++ b/x\n-y\n", Attempts: 1}},
		{5, Built{TimeS: 2}},
		{5, Trained{Seed: 1, Points: points(138, 128), TimeS: 12, MemoryGB: 0.2}},
		{5, Evaluated{Seed: 1, EvalPPL: 128, EvalBPB: 2.06, Ternary: true, TimeS: 1}},
		{1, Trained{Seed: 2, Points: points(139, 129), TimeS: 12, MemoryGB: 0.26}},
		{1, Evaluated{Seed: 2, Text: TextHoldout, EvalPPL: 140, EvalBPB: 2.3, Ternary: true, TimeS: 1}},
		{1, Evaluated{Seed: 2, EvalPPL: 129, EvalBPB: 2.07, Ternary: true, TimeS: 1}},
		{5, Trained{Seed: 2, Points: points(139, 129), TimeS: 12, MemoryGB: 0.3}},
		{5, Evaluated{Seed: 2, EvalPPL: 128.9, EvalBPB: 2.07, Ternary: true, TimeS: 1}},
		{5, Judged{Status: StatusSimplify, Reason: "less code", Seeds: []uint64{1, 2}, Change: -0.0002, Low: -0.004, High: 0.003}},
		{5, Committed{Commit: "5123456789abcdef", Ref: "refs/heads/autoresearch/mar5"}},
		{5, Ablated{Champion: 5, Seed: 7, EvalPPL: 128.5, TimeS: 13}},

		{6, Intent{ParentCommit: "5123456789abcdef", ParentEvalPPL: 128, Seeds: seeds}},
		{6, Proposal{Description: "dead zone 0.4", Proposer: "tpe", Diff: "d6", Attempts: 1}},
	}
}

// points are evaluations at steps 25, 50, … with the given eval_ppl.
func points(evalPPL ...table.Measure) []table.Point {
	var list []table.Point
	for i, ppl := range evalPPL {
		point := table.NewPoint(25 * (i + 1))
		point.Lambda, point.TrainLoss, point.TrainPPL = table.Measure(point.Step)/500, 3.5, 33.115
		point.EvalPPL, point.EvalBPB, point.BestPPL, point.LR, point.TimeS = ppl, 2.25, ppl, 1e-5, 6
		point.QNeg1, point.QZero, point.QPos1 = 0.31, 0.38, 0.31
		list = append(list, point)
	}
	return list
}

// testJournal opens a journal whose clock starts at a fixed time and goes a
// second a record.
func testJournal(t *testing.T, path string) (*Journal, []Record) {
	t.Helper()
	journal, records, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = journal.Close() }) // some tests have closed it
	clock := time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)
	journal.since = func() time.Duration { return 0 }
	journal.now = func() time.Time {
		clock = clock.Add(time.Second)
		return clock
	}
	return journal, records
}

// writeStory writes the events to a new journal and returns its path.
func writeStory(t *testing.T, events []event) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "runs", "mar5", JournalFile)
	journal, _ := testJournal(t, path)
	for _, e := range events {
		if err := journal.Append(e.experiment, e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
