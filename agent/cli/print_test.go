package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/repo"
)

func TestExperimentsFitInto100Columns(t *testing.T) {
	long := strings.Repeat("a very long description ", 10)
	experiments := []journal.Experiment{
		{Number: 0, Status: journal.StatusKeep, EvalPPL: 1234.56, ParentEvalPPL: table.Missing(), TimeS: 12.34, Proposer: "baseline", Description: "baseline"},
		{Number: 1, Status: journal.StatusDiscard, EvalPPL: 12345.67, ParentEvalPPL: 1234.56, TimeS: 754.4, Proposer: "llm some/very-long-model-name", Description: long},
		{
			Number: 2, Status: journal.StatusCrash, EvalPPL: table.Missing(), ParentEvalPPL: 1234.56, TimeS: table.Missing(), Proposer: "tpe",
			Description: long, Failure: &journal.Failure{Class: journal.FailureEvaluateRefused, Message: long},
		},
	}
	experiments = append(experiments, journal.Experiment{
		Number: 3, Status: journal.StatusPromising, EvalPPL: 1234.56, ParentEvalPPL: 1300, Seeds: []uint64{1, 2, 3}, Change: -0.1234, Low: -0.2345, High: -0.0123,
		TimeS: 754.4, Proposer: "llm some/very-long-model-name", Description: long, Compute: journal.Compute{TrainTokens: 123456},
	})
	var out bytes.Buffer
	if err := (&app{out: &out}).printExperiments(experiments); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "3 ") && !strings.Contains(line, "-12.34 ±11.11 %") {
			t.Errorf("the mean and its interval are missing: %s", line)
		}
		if width := utf8.RuneCountInString(strings.TrimRight(line, "\n")); width > 100 {
			t.Errorf("%d columns: %s", width, line)
		}
	}
}

func TestSummary(t *testing.T) {
	experiments := []journal.Experiment{
		{Number: 0, Status: journal.StatusKeep, EvalPPL: 140},
		{Number: 1, Status: journal.StatusCrash, EvalPPL: table.Missing()},
		{Number: 2, Status: journal.StatusKeep, EvalPPL: 133},
		{Number: 3, Status: journal.StatusDiscard, EvalPPL: 150},
		{Number: 4, Status: journal.StatusRunning, EvalPPL: table.Missing()},
	}
	want := "eval_ppl 140.00 → 133.00 (-5.00 %); 1 kept, 1 discarded, 1 crashed"
	if got := summary(experiments); got != want {
		t.Errorf("summary is %q, want %q", got, want)
	}
}

func TestScreenOnATerminal(t *testing.T) {
	var out bytes.Buffer
	s := newScreen(&app{out: &out, terminal: true})
	s.Doing("building")
	s.Doing("evaluating")
	s.Say("done")
	s.close()
	want := "building …" + eraseLine + "evaluating …" + eraseLine + "done\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestScreenInAPipe(t *testing.T) {
	var out bytes.Buffer
	s := newScreen(&app{out: &out})
	s.Doing("building")
	s.Say("done")
	s.close()
	if diff := cmp.Diff("done\n", out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestInvocation(t *testing.T) {
	tests := map[string]string{
		"/tmp/go-build1234/b001/exe/agent":               "go run ./agent",
		"/c/ab/" + strings.Repeat("ab", 32) + "-d/agent": "go run ./agent",
		"bin/agent": "bin/agent",
		"agent":     "agent",
		"/home/ann/go-builders/bin-of-agents/agent": "/home/ann/go-builders/bin-of-agents/agent",
	}
	for path, want := range tests {
		if got := invocation(path); got != want {
			t.Errorf("invocation(%q) is %q, want %q", path, got, want)
		}
	}
}

func TestNewTagIsFree(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	repository, err := repo.Init(root)
	if err != nil {
		t.Fatal(err)
	}
	head, _, err := repository.Head()
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2025, time.November, 24, 12, 0, 0, 0, time.UTC)
	check := func(want string, tags ...string) {
		t.Helper()
		got, err := newTag(day, repository, tags)
		if err != nil || got != want {
			t.Errorf("with runs %v the tag is %q, %v; want %q", tags, got, err, want)
		}
	}
	check("nov24")
	check("nov24-2", "nov24")
	if err := repository.SetRef(repo.BranchRef("nov24-2"), head); err != nil {
		t.Fatal(err)
	}
	check("nov24-3", "nov24")
}
