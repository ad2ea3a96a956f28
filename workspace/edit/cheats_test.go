package edit

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ternlab/ternlab/workspace/mutable"
)

// cheat is one candidate of the corpus: what it tries, in words; the class that it
// is recorded with; and what it changes. Which probes try the same as a process, with
// no guard in the way, stands in the archive's file "probes".
type cheat struct {
	name   string
	class  string // of journal.FailureClass, or "none" for an honest one
	reason string // what the guard says
	files  map[string]string
}

// readCorpus reads testdata/FOLDER, whose archives begin with a sentence and a line
// "class: CLASS" or "class: CLASS: REASON".
func readCorpus(t *testing.T, folder string) []cheat {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var corpus []cheat
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head := regexp.MustCompile(`(?m)^class: ([a-z-]+)(?:: (.+))?$`).FindStringSubmatch(string(archive.Comment))
		if head == nil {
			t.Fatalf("%s has no class", file)
		}
		c := cheat{name: strings.TrimSuffix(filepath.Base(file), ".txtar"), class: head[1], reason: head[2], files: map[string]string{}}
		for _, part := range archive.Files {
			if part.Name != "probes" {
				c.files[part.Name] = string(part.Data)
			}
		}
		corpus = append(corpus, c)
	}
	return corpus
}

// trainerFiles are the mutable files as they are.
func trainerFiles(t *testing.T) map[string]string {
	t.Helper()
	found, err := filepath.Glob("../../trainer/*.go")
	if err != nil || len(found) == 0 {
		t.Fatalf("no trainer: %v", err)
	}
	files := map[string]string{}
	for _, file := range found {
		name := "trainer/" + filepath.Base(file)
		if !mutable.Is(name) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	return files
}

// guardWhole is all that source must pass before it is built: edits, size, source and
// types.
func guardWhole(t *testing.T, before, after map[string]string) error {
	t.Helper()
	var edits []Edit
	for file, text := range after {
		edits = append(edits, Edit{File: file, Search: before[file], Replace: text})
	}
	for _, check := range []func() error{
		func() error { return GuardEdits(before, edits) },
		func() error { return GuardSize(before, before, after) },
		func() error { return Guard(before, after) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	answer := checkReal(t, after)
	if len(answer.Problems) > 0 {
		t.Fatalf("it does not compile: %s", strings.Join(answer.Problems, "\n"))
	}
	if len(answer.Findings) > 0 {
		return &GuardError{File: answer.Findings[0].File, Reason: answer.Findings[0].Reason}
	}
	return nil
}

// TestCheatsOfSource has the guard look at every cheat of the corpus. The probes of
// the same cheats run in the sandbox; see TestCheatsOfProcesses in package build.
func TestCheatsOfSource(t *testing.T) {
	before := trainerFiles(t)
	corpus := readCorpus(t, "cheats")
	const least = 40
	if len(corpus) < least {
		t.Errorf("%d cheats, want %d or more", len(corpus), least)
	}
	for _, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			err := guardWhole(t, before, c.files)
			switch {
			case c.class != "guard" && err != nil:
				t.Errorf("the guard refuses it, another was to: %v", err)
			case c.class == "guard" && err == nil:
				t.Error("the guard lets it through")
			case c.class == "guard" && !strings.Contains(err.Error(), c.reason):
				t.Errorf("the guard says %q, want %q", err, c.reason)
			}
		})
	}
}

// TestHonest has the guard look at candidates that are unusual but honest.
func TestHonest(t *testing.T) {
	before := trainerFiles(t)
	corpus := readCorpus(t, "honest")
	const least = 10
	if len(corpus) < least {
		t.Errorf("%d honest candidates, want %d or more", len(corpus), least)
	}
	for _, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			if err := guardWhole(t, before, c.files); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}
