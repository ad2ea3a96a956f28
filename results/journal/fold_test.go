package journal

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/table"
)

// recordsOf are the records that a journal of these events has.
func recordsOf(t *testing.T, events []event) []Record {
	t.Helper()
	var records []Record
	for i, e := range events {
		data, err := encodeJSON(e.data)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, Record{Version: 1, Seq: i + 1, Kind: e.data.kind(), Experiment: e.experiment, Data: data})
	}
	return records
}

func TestFoldStory(t *testing.T) {
	run, experiments, err := Fold(recordsOf(t, story()))
	if err != nil {
		t.Fatal(err)
	}
	if run.Tag != "mar5" || run.Steps != 50 || run.Versions["go"] != "go1.26.5" {
		t.Errorf("run = %+v", run)
	}
	kept := Experiment{
		Number: 1, Status: StatusKeep, EvalPPL: 127.95, EvalBPB: 2.05, ParentEvalPPL: 131.2,
		Commit: "1123456789abcdef", ParentCommit: "0123456789abcdef", Ref: "refs/heads/autoresearch/mar5",
		Description: "cosine\tλ warmup:\n500 → 100", Hypothesis: "A smooth start\nhurts less.", Proposer: "llm",
		Change: table.Missing(), Low: table.Missing(), High: table.Missing(),
		Attempts: 2, Tokens: 2992, TokensIn: 2800, TokensOut: 192, USD: 0.007136, Seeds: []uint64{1}, TimeS: 14, MemoryGB: 0.26,
		Reason: "eval_ppl 127.95 is lower than the champion's 131.20 (-2.48 %)", Stage: KindCommitted,
		Diff:   "--- a/trainer/recipe.go\n+++ b/trainer/recipe.go\n@@ -1 +1 @@\n-x < 1\n+x < 2\n",
		Points: points(138, 128), Compute: computeOf(Trained{TimeS: 12.5}),
		Trials: []Trial{
			{Seed: 1, EvaluationS: 1.5, EvalPPL: 127.95, EvalBPB: 2.05, HoldoutPPL: table.Missing(), TimeS: 14, MemoryGB: 0.26, Points: points(138, 128), Compute: computeOf(Trained{TimeS: 12.5})},
			{Seed: 2, EvaluationS: 1, EvalPPL: 129, EvalBPB: 2.07, HoldoutPPL: 140, Unseen: map[string]table.Measure{TextHoldout: 140}, TimeS: 14, MemoryGB: 0.26, Points: points(139, 129), Compute: computeOf(Trained{TimeS: 12})},
		},
	}
	if diff := cmp.Diff(kept, experiments[1], cmp.Comparer(same)); diff != "" {
		t.Errorf("experiment 1:\n%s", diff)
	}
	for number, want := range []struct {
		status Status
		stage  Kind
		class  FailureClass
	}{
		{StatusKeep, KindCommitted, ""},
		{StatusKeep, KindCommitted, ""},
		{StatusDiscard, KindCommitted, ""},
		{StatusCrash, KindVerdict, FailureNoBuild},
		{StatusCrash, KindCommitted, FailureDiverged},
		{StatusSimplify, KindCommitted, ""},
		{StatusRunning, KindProposal, ""},
	} {
		got := experiments[number]
		var class FailureClass
		if got.Failure != nil {
			class = got.Failure.Class
		}
		if got.Number != number || got.Status != want.status || got.Stage != want.stage || class != want.class {
			t.Errorf("experiment %d is %d %s %s %q, want %+v", number, got.Number, got.Status, got.Stage, class, want)
		}
	}
	simpler := experiments[5]
	if simpler.Change != -0.0002 || simpler.Low != -0.004 || !slices.Equal(simpler.Seeds, []uint64{1, 2}) ||
		simpler.TimeS != 26 || simpler.MemoryGB != 0.3 || len(simpler.Trials) != 2 || len(simpler.Ablations) != 1 {
		t.Errorf("experiment 5 is %+v", simpler)
	}
	if best, ok := Best(experiments); !ok || best.Number != 5 {
		t.Errorf("Best = %d, %v", best.Number, ok)
	}
}

// A run may stop behind any record: what is there must always fold, and an
// experiment without a verdict is running.
func TestFoldEveryPrefix(t *testing.T) {
	records := recordsOf(t, story())
	for count := range len(records) + 1 {
		_, experiments, err := Fold(records[:count])
		if err != nil {
			t.Fatalf("first %d records: %v", count, err)
		}
		decided := map[int]bool{}
		for _, record := range records[:count] {
			decided[record.Experiment] = decided[record.Experiment] || record.Kind == KindVerdict
		}
		for _, e := range experiments {
			if (e.Status == StatusRunning) == decided[e.Number] {
				t.Errorf("first %d records: experiment %d is %s", count, e.Number, e.Status)
			}
			if e.Seeds == nil {
				t.Errorf("experiment %d has no seeds list", e.Number)
			}
		}
	}
}

func TestFoldStartedOver(t *testing.T) {
	events := slices.Concat(story()[:8], []event{
		{1, Intent{ParentCommit: "p", ParentEvalPPL: 131.2}},
		{1, Proposal{Description: "first", Diff: "d", Tokens: 100}},
		{1, Trained{Points: points(1, 2), TimeS: 5, MemoryGB: 1}},
		{1, Evaluated{EvalPPL: 90, EvalBPB: 1}},
		{1, Spent{TokensIn: 7, TokensOut: 3, USD: 0.5}},
		{1, Intent{ParentCommit: "q", ParentEvalPPL: 131.2}},
		{1, Proposal{Description: "second", Tokens: 20}}, // Of version 1.
		{1, Spent{TokensIn: 2, TokensOut: -1, USD: table.Missing()}},
	})
	_, experiments, err := Fold(recordsOf(t, events))
	if err != nil {
		t.Fatal(err)
	}
	want := Experiment{
		Number: 1, Status: StatusRunning, Stage: KindProposal, ParentCommit: "q", ParentEvalPPL: 131.2,
		EvalPPL: table.Missing(), EvalBPB: table.Missing(), TimeS: table.Missing(), MemoryGB: table.Missing(),
		Change: table.Missing(), Low: table.Missing(), High: table.Missing(),
		Compute: computeOf(Trained{TimeS: table.Missing()}), Description: "second", Tokens: 131, TokensIn: 9, TokensOut: 2, USD: 0.5, Seeds: []uint64{},
	}
	if diff := cmp.Diff(want, experiments[1], cmp.Comparer(same)); diff != "" {
		t.Error(diff)
	}
}

// A model that was trained again has not been measured yet.
func TestFoldTrainedAgain(t *testing.T) {
	events := slices.Concat(story()[:6], []event{{0, Trained{Seed: 1, TimeS: 3}}})
	_, experiments, err := Fold(recordsOf(t, events))
	if err != nil {
		t.Fatal(err)
	}
	if e := experiments[0]; e.EvalPPL.Valid() || e.EvalBPB.Valid() || e.TimeS != 3 {
		t.Errorf("experiment after a second training: %+v", e)
	}
}

// guess is data of a kind that this version doesn't know.
type guess struct{}

func (guess) kind() Kind { return "guess" }

// misshapen is no object, as data has to be.
type misshapen []int

func (misshapen) kind() Kind { return KindBuilt }

func TestFoldRefuses(t *testing.T) {
	begun := story()[:3]
	decided := story()[:7]
	for name, test := range map[string]struct {
		events []event
		want   string
	}{
		"no run":                   {story()[1:2], "one run record"},
		"two runs":                 {append(begun[:3:3], begun[0]), "record 4, run of experiment 0: a journal has one run record"},
		"no intent":                {append(begun[:3:3], event{1, Built{}}), "it has no intent"},
		"a negative number":        {append(begun[:3:3], event{-1, Built{}}), "it has no intent"},
		"a number left out":        {append(begun[:3:3], event{2, Intent{}}), "the next experiment is 1"},
		"an intent too late":       {append(decided[:7:7], event{0, Intent{}}), "it has its verdict: keep"},
		"training after a verdict": {append(decided[:7:7], event{0, Trained{}}), "it has its verdict: keep"},
		"a rerun of a discard":     {append(story()[:26:26], event{2, Trained{}}), "it has its verdict: discard"},
		"figures of no training":   {append(begun[:3:3], event{0, Evaluated{Seed: 9}}), "not trained on seed 9"},
		"an early repeat":          {append(begun[:3:3], event{0, Repeated{}}), "it has no verdict"},
		"an early withdrawal":      {append(begun[:3:3], event{0, Withdrawn{}}), "it has no verdict"},
		"a discard withdrawn":      {append(story()[:26:26], event{2, Withdrawn{}}), "it has its verdict: discard"},
		"withdrawn twice":          {append(story()[:19:19], event{1, Withdrawn{}}, event{1, Withdrawn{}}), "it has its verdict: withdrawn"},
		"a rerun of a withdrawn":   {append(story()[:19:19], event{1, Withdrawn{}}, event{1, Trained{}}), "it has its verdict: withdrawn"},
		"an early ablation":        {append(begun[:3:3], event{0, Ablated{}}), "it has no verdict"},
		"a second verdict":         {append(decided[:7:7], event{0, Judged{Status: StatusDiscard}}), "it has its verdict: keep"},
		"a commit too early":       {append(begun[:3:3], event{0, Committed{}}), "it has no verdict"},
		"a keep without a figure":  {append(begun[:3:3], event{0, Judged{Status: StatusKeep}}), "without an eval_ppl"},
		"a crash without a reason": {append(begun[:3:3], event{0, Judged{Status: StatusCrash}}), "status crash with failure"},
		"a failure, no crash":      {append(begun[:3:3], event{0, Judged{Status: StatusDiscard, Failure: &Failure{}}}), "status discard with failure"},
		"a verdict of running":     {append(begun[:3:3], event{0, Judged{Status: StatusRunning}}), "not a verdict"},
		"an unknown kind":          {append(begun[:3:3], event{0, guess{}}), `kind "guess" is unknown`},
		"data of another shape":    {append(begun[:3:3], event{0, misshapen{1}}), "parse data"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Fold(recordsOf(t, test.events))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestFoldNothing(t *testing.T) {
	run, experiments, err := Fold(nil)
	if err != nil || run.Tag != "" || len(experiments) != 0 {
		t.Errorf("Fold(nil) = %+v, %v, %v", run, experiments, err)
	}
	if _, ok := Best(nil); ok {
		t.Error("there is a best of no experiments")
	}
}

// The clock decides nothing: records whose times go backwards fold the same.
func TestFoldIgnoresTheClock(t *testing.T) {
	records := recordsOf(t, story())
	_, want, err := Fold(records)
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		records[i].Time = time.Date(2026-i, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	run, got, err := Fold(records)
	if err != nil {
		t.Fatal(err)
	}
	if !run.Started.Equal(records[0].Time) {
		t.Errorf("run started %v", run.Started)
	}
	for i := range want { // the dates of their commits
		want[i].Decided, got[i].Decided = time.Time{}, time.Time{}
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(same)); diff != "" {
		t.Error(diff)
	}
}

// What an interrupted experiment goes on with is there until its verdict.
func TestFoldOfAnInterruptedExperiment(t *testing.T) {
	answer := Answer{Attempt: 1, Proposer: "llm", Reply: "No idea.", Problem: "no edit in it"}
	failure := &Failure{Class: FailureTimeout, Message: "took longer than 60 s"}
	events := slices.Concat(story()[:8], []event{
		{1, Intent{ParentCommit: "p", ParentEvalPPL: 131.2}},
		{1, answer},
		{1, Proposal{Description: "first", Diff: "d"}},
		{1, Built{TimeS: 1, SHA256: "5f"}},
		{1, Trained{Seed: 1, Points: points(128)}},
		{1, Evaluated{Seed: 1, EvalPPL: 127}},
		{1, Looked{Seeds: 1, Reason: "not clear yet"}},
		{1, Trained{Seed: 2, Failure: failure}},
	})
	_, experiments, err := Fold(recordsOf(t, events))
	if err != nil {
		t.Fatal(err)
	}
	e := experiments[1]
	if diff := cmp.Diff([]Answer{answer}, e.Answers); diff != "" || e.Trainer != "5f" || e.Looks != 1 {
		t.Errorf("trainer %q, %d looks, answers:\n%s", e.Trainer, e.Looks, diff)
	}
	if trial, ok := e.Trial(2); !ok || trial.Failure == nil || *trial.Failure != *failure {
		t.Errorf("the training on seed 2 is %+v", trial)
	}
	_, experiments, err = Fold(recordsOf(t, append(events, event{1, Crashed(failure.Class, failure.Message)})))
	if err != nil {
		t.Fatal(err)
	}
	if e := experiments[1]; e.Answers != nil || e.Trainer != "" || e.Looks != 0 {
		t.Errorf("behind the verdict there is still %v, %q, %d", e.Answers, e.Trainer, e.Looks)
	}
}
