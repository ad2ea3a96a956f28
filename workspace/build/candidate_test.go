package build

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// TestCandidateBuild builds a candidate from the run's own cache, in the sandbox,
// with the evaluation text neither linked nor in reach.
func TestCandidateBuild(t *testing.T) {
	dir := newModule(t, map[string]string{
		"trainer/main.go":                 "package main\n\nimport \"example.org/m/trainer/prepare/unseen\"\n\nfunc main() { println(unseen.Text) }\n",
		"trainer/prepare/unseen/text.go":  "//go:build !candidate\n\npackage unseen\n\nimport _ \"embed\"\n\n//go:embed eval.txt\nvar Text string\n",
		"trainer/prepare/unseen/none.go":  "//go:build candidate\n\npackage unseen\n\nconst Text = \"nothing\"\n",
		"trainer/prepare/unseen/eval.txt": "the text",
		"trainer/prepare/corpus/x.go":     "package corpus\n",
	})
	kept, err := sandbox.Detect(t.Context(), sandbox.Auto)
	if err != nil {
		t.Fatal(err)
	}
	run := t.TempDir()
	builder, err := detect(t, dir).ForCandidates(kept, filepath.Join(run, "cache"))
	if err != nil {
		t.Fatal(err)
	}
	if err := HideUnseen(dir); err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"trainer/prepare/unseen/eval.txt", "trainer/prepare/corpus"} {
		if _, err := os.Stat(filepath.Join(dir, hidden)); err == nil {
			t.Errorf("%s is still there", hidden)
		}
	}
	if err := builder.Fill(t.Context(), dir, "./trainer"); err != nil {
		t.Fatal(err)
	}
	before := countFiles(t, builder.cache)
	program := filepath.Join(run, "bin", "trainer")
	if err := builder.Build(t.Context(), dir, "./trainer", program); err != nil {
		t.Fatal(err)
	}
	if exit, err := proc.Run(t.Context(), proc.Process{Path: program}); err != nil || exit.Tail != "nothing" {
		t.Errorf("the candidate says %q, %v", exit.Tail, err)
	}
	writeAll(t, dir, map[string]string{"trainer/more.go": "package main\n\nimport _ \"container/ring\"\n\nfunc broken() int { return missing }\n"})
	var refused *Error
	if err := builder.Build(t.Context(), dir, "./trainer", program); !errors.As(err, &refused) || !strings.Contains(refused.Output, "undefined: missing") {
		t.Errorf("a broken candidate: %v", err)
	}
	if after := countFiles(t, builder.cache); after != before {
		t.Errorf("building candidates changed the cache: %d files, then %d", before, after)
	}
	left, err := os.ReadDir(filepath.Join(run, "bin"))
	if err != nil || len(left) != 1 {
		t.Errorf("building left %v (%v)", left, err)
	}
}

func countFiles(t *testing.T, folder string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("the cache is empty: %v", err)
	}
	return len(found)
}
