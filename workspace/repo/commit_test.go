package repo

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCommitAndLog(t *testing.T) {
	r := newRepository(t)
	writeAll(t, r.Root(), map[string]string{"trainer/loss.go": "being edited"})
	untouched := wantUntouched(t, r.Root())
	base := headCommit(t, r)

	first := commit(t, r, base, map[string]string{
		"trainer/recipe.go": "package main\n\nconst rate = 2\n",
		"trainer/idea.go":   "package main\n\nconst idea = 1\n",
		"docs/deep/note.md": "new folders\n",
	}, "#1 try it: eval_ppl 131.20 → 127.95\n\nIt may help.\n\nExperiment: 1\n")
	second := commit(t, r, first, map[string]string{
		"trainer/idea.go":   "",
		"docs/deep/note.md": "",
		"tools/run.sh":      "#!/bin/sh\ntrue\n",
	}, "#2 undo it")
	setRef(t, r, BranchRef("nov24"), second)

	entries, err := r.Log(BranchRef("nov24"), base)
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		if entries[i].Time.IsZero() {
			t.Errorf("entry %d has no time", i)
		}
		entries[i].Time = entries[i].Time.Truncate(1 << 62)
	}
	author := "ternlab agent <agent@ternlab.invalid>"
	want := []LogEntry{
		{Commit: second, Parent: first, Subject: "#2 undo it", Author: author},
		{Commit: first, Parent: base, Subject: "#1 try it: eval_ppl 131.20 → 127.95", Body: "It may help.\n\nExperiment: 1", Author: author},
	}
	for i := range want {
		want[i].Time = entries[i].Time
	}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	all, err := r.Log(BranchRef("nov24"), "")
	if err != nil || len(all) != 3 {
		t.Errorf("log without a base: %d entries, %v; want 3", len(all), err)
	}
	if _, err := r.Log(BranchRef("other"), base); !errors.Is(err, ErrNoRef) {
		t.Errorf("log of a missing branch: error is %v, want ErrNoRef", err)
	}

	tracked, err := listTree(r.storage(), second)
	if err != nil {
		t.Fatal(err)
	}
	before, err := listTree(r.storage(), base)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"trainer/recipe.go", "tools/run.sh"} {
		if tracked[name] == before[name] {
			t.Errorf("%s did not change", name)
		}
		if tracked[name].mode != before[name].mode {
			t.Errorf("%s has mode %s, want %s", name, tracked[name].mode, before[name].mode)
		}
		before[name] = tracked[name]
	}
	if diff := cmp.Diff(before, tracked, cmp.AllowUnexported(treeFile{})); diff != "" {
		t.Errorf("other files changed (-before +after):\n%s", diff)
	}
	untouched()
	wantSound(t, r.Root())
	if log, installed := gitProgram(t, r.Root(), "log", "--format=%H %s", "autoresearch/nov24"); installed {
		want := second + " #2 undo it\n" + first + " #1 try it: eval_ppl 131.20 → 127.95\n" + base + " Start"
		if diff := cmp.Diff(want, log); diff != "" {
			t.Errorf("git log (-want +got):\n%s", diff)
		}
	}
}

func TestCommitAuthor(t *testing.T) {
	cases := map[string]struct{ local, global, want string }{
		"none":                  {"", "", "ternlab agent <agent@ternlab.invalid>"},
		"of the account":        {"", "[user]\n\tname = A\n\temail = a@example.org\n", "A <a@example.org>"},
		"of the repository":     {"[user]\n\tname = B\n\temail = b@example.org\n", "[user]\n\tname = A\n\temail = a@example.org\n", "B <b@example.org>"},
		"from both":             {"[user]\n\temail = b@example.org\n", "[user]\n\tname = A\n\temail = a@example.org\n", "A <b@example.org>"},
		"name without address":  {"[user]\n\tname = B\n", "", "ternlab agent <agent@ternlab.invalid>"},
		"not a file for go-git": {"", "[user\n", "ternlab agent <agent@ternlab.invalid>"},
		"with odd characters":   {"", "[user]\n\tname = \"A <x>\\n\"\n\temail = a@example.org\n", "A x <a@example.org>"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRepository(t)
			appendTo(t, filepath.Join(r.Root(), ".git/config"), c.local)
			if err := os.WriteFile(filepath.Join(os.Getenv("HOME"), ".gitconfig"), []byte(c.global), 0o600); err != nil {
				t.Fatal(err)
			}
			setRef(t, r, BranchRef("x"), commit(t, r, headCommit(t, r), map[string]string{"a": "b"}, "message"))
			entries, err := r.Log(BranchRef("x"), headCommit(t, r))
			if err != nil {
				t.Fatal(err)
			}
			if entries[0].Author != c.want {
				t.Errorf("author is %q, want %q", entries[0].Author, c.want)
			}
		})
	}
}

func TestCommitAgainIsTheSameCommit(t *testing.T) {
	r := newRepository(t)
	when := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var hashes []string
	for range 2 {
		hash, err := r.Commit(headCommit(t, r), map[string]string{"a": "b"}, "message", when)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, hash)
	}
	if hashes[0] != hashes[1] {
		t.Errorf("the same change makes %s and %s", hashes[0], hashes[1])
	}
}

func TestCommitRefusesPathsOutside(t *testing.T) {
	r := newRepository(t)
	untouched := wantUntouched(t, r.Root())
	for _, name := range []string{"", "/etc/x", "../x", "trainer/../../x", ".git/config", "trainer/.GIT/x", "a//b", "a\\b", "./a"} {
		if _, err := r.Commit(headCommit(t, r), map[string]string{name: "x"}, "m", time.Now()); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
	if _, err := r.Commit(headCommit(t, r), map[string]string{"brief": "x"}, "m", time.Now()); err == nil {
		t.Error("in place of a link: no error")
	}
	if _, err := r.Commit(headCommit(t, r), map[string]string{"go.mod/x": "x"}, "m", time.Now()); err == nil {
		t.Error("below a file: no error")
	}
	if _, err := r.Commit("main", map[string]string{"x": "x"}, "m", time.Now()); err == nil || !strings.Contains(err.Error(), "full commit hash") {
		t.Errorf("a branch for a parent: error is %v", err)
	}
	untouched()
}
