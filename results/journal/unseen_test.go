package journal

import (
	"slices"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/results/table"
)

// Seeds of secret texts, and their digests as sha256sum has them.
const (
	seedOf1, digestOf1 = "0000000000000000000000000000000000000000000000000000000000000001", "ec4916dd28fc4c10d78e287ca5d9cc51ee1ae73cbfde08c6b37324cbfaac8bc5"
	seedOf2, digestOf2 = "0000000000000000000000000000000000000000000000000000000000000002", "9267d3dbed802941483f1afa2a6bc68de5f653128aca9bf1461c5d0a3ad36ed2"
)

// checkedRun is a run that was checked on a secret text after experiment 1, went on
// with a second one and kept experiment 2.
func checkedRun() []event {
	events := []event{story()[0], {0, Unseen{Kind: TextSecret, Digest: digestOf1}}}
	events = append(events, kept(0, 140)...)
	events = append(events, kept(1, 70)...)
	events = append(events, checked(0, "secret-1", 150, 140)...)
	events = append(events, checked(1, "secret-1", 120, 70)...)
	events = append(events, event{0, Revealed{Text: "secret-1", Seed: seedOf1, SHA256: "5f"}})
	events = append(events, event{0, Unseen{Kind: TextSecret, Digest: digestOf2}})
	return append(events, kept(2, 60)...)
}

// kept are the records of an experiment that was kept at an eval_ppl.
func kept(number int, ppl table.Measure) []event {
	judged := Decided(StatusKeep, "it is lower")
	judged.Change = -0.1
	return []event{
		{number, Intent{ParentEvalPPL: table.Missing(), Seeds: []uint64{1}}},
		{number, Trained{Seed: 1, TimeS: 1, MemoryGB: 1}},
		{number, Evaluated{Seed: 1, EvalPPL: ppl, EvalBPB: 2, Ternary: true, TimeS: 1}},
		{number, judged},
		{number, Committed{Commit: "c", Ref: "refs/heads/autoresearch/mar5"}},
	}
}

// checked are the records of an experiment on two fresh seeds: eval_ppl on an unseen
// text and on the evaluation text.
func checked(number int, text string, unseen, seen table.Measure) []event {
	var events []event
	for k := 1; k <= 2; k++ {
		seed := FreshSeed(Run{Protocol: Protocol{Seed: 1}}, k)
		events = append(
			events,
			event{number, Trained{Seed: seed, TimeS: 1, MemoryGB: 1}},
			event{number, Evaluated{Seed: seed, Text: text, EvalPPL: unseen, EvalBPB: 2, Ternary: true, TimeS: 1}},
			event{number, Evaluated{Seed: seed, EvalPPL: seen, EvalBPB: 2, Ternary: true, TimeS: 1}},
		)
	}
	return events
}

// A final check is on a text that was fixed, and not revealed, before its champion
// was decided.
func TestFinalCheckTakesATextThatItsChampionCanNotKnow(t *testing.T) {
	events := checkedRun()
	at := slices.IndexFunc(events, func(e event) bool { return e.data.kind() == KindRevealed })
	fold := func(count int, more ...event) (Run, []Experiment) {
		t.Helper()
		run, experiments, err := Fold(recordsOf(t, slices.Concat(events[:count], more)))
		if err != nil {
			t.Fatal(err)
		}
		return run, experiments
	}
	run, experiments := fold(at + 1)
	first, ok := Confirm(run, experiments, 2)
	if !ok || first.Text != "secret-1" || first.Unseen.Seed != seedOf1 || first.Unseen.SHA256 != "5f" || first.BaselinePPL < 149 || first.ChampionPPL > 121 {
		t.Errorf("the first check is %+v, %v", first, ok)
	}
	if text, ok := run.UnseenText(1); !ok || text.Name != "secret-1" {
		t.Errorf("further seeds for experiment 1 are on %q, want secret-1", text.Name)
	}
	if text, ok := run.UnseenText(2); ok {
		t.Errorf("experiment 2 may know every text, but %s is to check it", text.Name)
	}
	run, experiments = fold(len(events))
	if text, _ := run.UnseenText(2); text.Name != "secret-2" {
		t.Errorf("experiment 2 is to be checked on %q, want secret-2", text.Name)
	}
	if _, ok := Confirm(run, experiments, 2); ok {
		t.Error("experiment 2 is confirmed before it is measured")
	}
	onOld := checked(2, "secret-1", 100, 60)
	run, experiments = fold(len(events), onOld...)
	if c, ok := Confirm(run, experiments, 2); ok {
		t.Errorf("experiment 2 is confirmed on %s, which it may know", c.Text)
	}
	onNew := slices.Concat(checked(0, "secret-2", 151, 140), checked(2, "secret-2", 110, 60))
	run, experiments = fold(len(events), onNew...)
	if c, ok := Confirm(run, experiments, 2); !ok || c.Text != "secret-2" || c.ChampionPPL > 111 {
		t.Errorf("the second check is %+v, %v", c, ok)
	}
}

// An experiment that was under way when a text was revealed may have known it.
func TestRevealedTextIsKnownToWhatIsUnderWay(t *testing.T) {
	events := checkedRun()
	at := slices.IndexFunc(events, func(e event) bool { return e.data.kind() == KindRevealed })
	under := kept(2, 60)
	events = slices.Concat(events[:at], under[:2], events[at:at+1], under[2:])
	run, _, err := Fold(recordsOf(t, events))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := run.UnseenText(1); !ok {
		t.Error("experiment 1 was decided before")
	}
	if text, ok := run.UnseenText(2); ok {
		t.Errorf("experiment 2 could be checked on %s", text.Name)
	}
}

// Nobody can reveal another seed than the one that was fixed, or reveal it twice.
func TestFoldRefusesTexts(t *testing.T) {
	begun := []event{story()[0], {0, Unseen{Kind: TextSecret, Digest: digestOf1}}, {0, Unseen{Kind: TextPrivate, Digest: digestOf2}}}
	tests := map[string]struct {
		more []event
		want string
	}{
		"the seed":        {[]event{{0, Revealed{Text: "secret-1", Seed: seedOf1}}}, ""},
		"another seed":    {[]event{{0, Revealed{Text: "secret-1", Seed: seedOf2}}}, "the seed of secret-1 is not the one that was fixed"},
		"no seed":         {[]event{{0, Revealed{Text: "secret-1", Seed: "5f"}}}, `"5f" is no seed of 64 hexadecimal digits`},
		"no such text":    {[]event{{0, Revealed{Text: "secret-2", Seed: seedOf2}}}, `there is no secret text "secret-2"`},
		"a private text":  {[]event{{0, Revealed{Text: "private-2", Seed: seedOf2}}}, `there is no secret text "private-2"`},
		"twice":           {[]event{{0, Revealed{Text: "secret-1", Seed: seedOf1}}, {0, Revealed{Text: "secret-1", Seed: seedOf1}}}, "secret-1 was revealed before"},
		"an unknown kind": {[]event{{0, Unseen{Kind: TextHoldout, Digest: digestOf1}}}, `kind "holdout" is unknown`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			if _, _, err := Fold(recordsOf(t, slices.Concat(begun, test.more))); err != nil {
				got = err.Error()
			}
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("it says %q, want %q", got, test.want)
			}
		})
	}
	if _, _, err := Fold(recordsOf(t, begun[1:])); err == nil {
		t.Error("a journal begins with a text")
	}
}
