package journal

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/results/table"
)

// The full-precision model is measured once per text, and its figures are the run's.
func TestReferences(t *testing.T) {
	path := filepath.Join(t.TempDir(), JournalFile)
	journal, _ := testJournal(t, path)
	if err := journal.Append(0, Run{Tag: "a", BetterThanFull: BetterStops}); err != nil {
		t.Fatal(err)
	}
	before, _ := journal.State()
	for text, ppl := range map[string]table.Measure{"": 2.5, "secret-1": 3} {
		if err := journal.Append(0, Reference{Text: text, EvalPPL: ppl}); err != nil {
			t.Fatal(err)
		}
	}
	run, _ := journal.State()
	if run.FullPPL("") != 2.5 || run.FullPPL("secret-1") != 3 || run.FullPPL("other").Valid() {
		t.Errorf("references are %v", run.References)
	}
	if before.FullPPL("").Valid() {
		t.Error("an earlier state has changed")
	}
	for want, data := range map[string]Reference{
		"was measured on text \"\" before": {EvalPPL: 9},
		"it has no eval_ppl":               {Text: "more", EvalPPL: table.Missing()},
	} {
		if err := journal.Append(0, data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
	if !run.IsTooGood(2.49, "") || run.IsTooGood(2.5, "") || run.IsTooGood(table.Missing(), "") || run.IsTooGood(1, "other") {
		t.Error("IsTooGood isn't what is below full precision")
	}
}
