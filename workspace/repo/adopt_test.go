package repo

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// champion makes a run's branch in a repository: recipe.go changed, idea.go new,
// loss.go gone.
func champion(t *testing.T, r *Repository) (base, best string) {
	t.Helper()
	base = headCommit(t, r)
	best = commit(t, r, base, championFiles(), "#1 better")
	setRef(t, r, BranchRef("a"), best)
	return base, best
}

func championFiles() map[string]string {
	return map[string]string{
		"trainer/recipe.go": "package main\n\nconst rate = 3\n",
		"trainer/idea.go":   "package main\n\nconst idea = 1\n",
		"trainer/loss.go":   "",
	}
}

func TestAdopt(t *testing.T) {
	r := newRepository(t)
	base, best := champion(t, r)
	// The user goes on meanwhile, in other files.
	writeAll(t, r.Root(), map[string]string{"program.md": "Faster.\n", "trainer/prepare/data.bin": "new"})
	head := commitUser(t, r.Root(), "User's own")
	writeAll(t, r.Root(), map[string]string{
		"program.md": "being edited\n", "staged.md": "staged\n", "untracked.md": "x", ".git/logs/HEAD": "",
	})
	stageUser(t, r.Root(), "staged.md")
	before := userState(t, r.Root())

	adoption, err := r.Adopt(base, best, "Adopt #1\n\nBetter.")
	if err != nil {
		t.Fatal(err)
	}
	want := Adoption{
		Commit: mustRef(t, r, "refs/heads/master"), Branch: "master",
		Files: []string{"trainer/idea.go", "trainer/loss.go", "trainer/recipe.go"},
	}
	if diff := cmp.Diff(want, adoption); diff != "" {
		t.Errorf("adoption (-want +got):\n%s", diff)
	}
	entries, err := r.Log("refs/heads/master", head)
	if err != nil || len(entries) != 1 || entries[0].Subject != "Adopt #1" || entries[0].Parent != head {
		t.Errorf("log since is %+v, %v", entries, err)
	}
	after := userState(t, r.Root())
	for _, name := range []string{
		"trainer/idea.go", "trainer/loss.go", "trainer/recipe.go", // As asked for.
		".git/index", ".git/refs/heads/master", ".git/logs/HEAD",
	} {
		if before[name] == after[name] {
			t.Errorf("%s is as before", name)
		}
		delete(before, name)
		delete(after, name)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("other files changed (-before +after):\n%s", diff)
	}
	changed, err := r.Changed()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"program.md", "staged.md"}, changed); diff != "" {
		t.Errorf("changed files after (-want +got):\n%s", diff)
	}
	if status, installed := gitProgram(t, r.Root(), "status", "--porcelain"); installed {
		if diff := cmp.Diff("M program.md\nA  staged.md\n?? untracked.md", status); diff != "" {
			t.Errorf("git status (-want +got):\n%s", diff)
		}
	}
	log, err := os.ReadFile(filepath.Join(r.Root(), ".git/logs/HEAD"))
	if err != nil || !strings.HasPrefix(string(log), head+" "+adoption.Commit+" ") || !strings.HasSuffix(string(log), "\tadopt: Adopt #1\n") {
		t.Errorf("reflog is %q, %v", log, err)
	}
	if output, installed := gitProgram(t, r.Root(), "rev-parse", "HEAD@{1}"); installed && output != head {
		t.Errorf("git says HEAD was at %s, want %s", output, head)
	}
	wantSound(t, r.Root())

	untouched := wantUntouched(t, r.Root())
	again, err := r.Adopt(base, best, "Adopt #1 again")
	if err != nil || again.Commit != adoption.Commit || len(again.Files) > 0 {
		t.Errorf("second adoption is %+v, %v; want no change", again, err)
	}
	untouched()
}

func TestAdoptRefuses(t *testing.T) {
	cases := map[string]struct {
		prepare func(t *testing.T, r *Repository)
		want    string
	}{
		"a file being edited": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{"trainer/recipe.go": "mine\n"})
		}, "not committed: trainer/recipe.go; commit them, or put them aside"},
		"a deleted file": {func(t *testing.T, r *Repository) {
			t.Helper()
			remove(t, filepath.Join(r.Root(), "trainer/recipe.go"))
		}, "not committed: trainer/recipe.go;"},
		"a staged edit": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{"trainer/recipe.go": "mine\n"})
			stageUser(t, r.Root(), "trainer/recipe.go")
			writeAll(t, r.Root(), map[string]string{"trainer/recipe.go": project()["trainer/recipe.go"]})
		}, "not committed: trainer/recipe.go;"},
		"an untracked file in the way": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{"trainer/idea.go": "mine\n"})
		}, "not committed: trainer/idea.go;"},
		"both changed a file": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{"trainer/recipe.go": "mine\n", "trainer/loss.go": "mine\n"})
			commitUser(t, r.Root(), "mine")
		}, "changed these files since the run began: trainer/loss.go, trainer/recipe.go; merge them by hand with `git merge "},
		"both made a file": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{"trainer/idea.go": "mine\n"})
			commitUser(t, r.Root(), "mine")
		}, "changed these files since the run began: trainer/idea.go;"},
		"a detached HEAD": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{".git/HEAD": headCommit(t, r) + "\n"})
		}, "HEAD is detached; switch to a branch first"},
		"a merge going on": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{".git/MERGE_HEAD": headCommit(t, r) + "\n"})
		}, "finish or abort it first"},
		"git at work": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{".git/index.lock": ""})
		}, "another git process is at work"},
		"git at work on the branch": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{".git/refs/heads/master.lock": ""})
		}, "another git process is at work"},
		"an index of another format": {func(t *testing.T, r *Repository) {
			t.Helper()
			writeAll(t, r.Root(), map[string]string{".git/index": "DIRC\x00\x00\x00\x09"})
		}, "take the files over by hand"},
		"a link in place of the folder": {func(t *testing.T, r *Repository) {
			t.Helper()
			elsewhere := filepath.Join(t.TempDir(), "trainer")
			if err := os.Rename(filepath.Join(r.Root(), "trainer"), elsewhere); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(elsewhere, filepath.Join(r.Root(), "trainer")); err != nil {
				t.Fatal(err)
			}
		}, "not a plain file or folder"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRepository(t)
			base, best := champion(t, r)
			c.prepare(t, r)
			untouched := wantUntouched(t, r.Root())
			_, err := r.Adopt(base, best, "Adopt")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
			untouched()
		})
	}
}

// TestAdoptCompletesWhatACrashCutShort stops after each step, as a kill would.
func TestAdoptCompletesWhatACrashCutShort(t *testing.T) {
	for name, steps := range map[string]int{"files written": 1, "index written": 2} {
		t.Run(name, func(t *testing.T) {
			r := newRepository(t)
			base, best := champion(t, r)
			if err := r.writeFiles(championFiles()); err != nil {
				t.Fatal(err)
			}
			if steps > 1 {
				lock, err := lockFile(filepath.Join(r.Root(), ".git/index"))
				if err != nil {
					t.Fatal(err)
				}
				if err := r.stage(lock, championFiles()); err != nil {
					t.Fatal(err)
				}
			}
			if status, installed := gitProgram(t, r.Root(), "status", "--porcelain"); installed {
				t.Logf("git status after the crash:\n%s", status)
			}
			if _, err := r.Adopt(base, best, "Adopt"); err != nil {
				t.Fatal(err)
			}
			if changed, err := r.Changed(); err != nil || len(changed) > 0 {
				t.Errorf("changed: %v, %v", changed, err)
			}
			if status, installed := gitProgram(t, r.Root(), "status", "--porcelain"); installed && status != "" {
				t.Errorf("git status: %q", status)
			}
		})
	}
}

func TestAdoptWithoutACommit(t *testing.T) {
	r := newRepository(t)
	base, best := champion(t, r)
	writeAll(t, r.Root(), map[string]string{".git/HEAD": "ref: refs/heads/unborn\n"})
	if _, err := r.Adopt(base, best, "Adopt"); !errors.Is(err, ErrNoCommit) {
		t.Errorf("error is %v, want ErrNoCommit", err)
	}
}

func TestMergeFiles(t *testing.T) {
	cases := map[string]struct {
		base, ours, theirs, changed string
		conflict                    bool
	}{
		"nobody changed it":       {"a", "a", "a", "", false},
		"only we changed it":      {"a", "b", "a", "", false},
		"only they changed it":    {"a", "a", "b", "b", false},
		"both, in the same way":   {"a", "b", "b", "", false},
		"both, in different ways": {"a", "b", "c", "", true},
		"they removed it":         {"a", "a", "", "(removed)", false},
		"they removed ours":       {"a", "b", "", "", true},
		"we removed theirs":       {"a", "", "b", "", true},
		"they made it":            {"", "", "b", "b", false},
	}
	for name, c := range cases {
		side := func(text string) map[string]string {
			if text == "" {
				return nil
			}
			return map[string]string{"f": text}
		}
		changed, conflicts := mergeFiles(side(c.base), side(c.ours), side(c.theirs))
		got, found := changed["f"]
		if found && got == "" {
			got = "(removed)"
		}
		if got != c.changed || (len(conflicts) > 0) != c.conflict {
			t.Errorf("%s: changed %q, conflicts %v", name, got, conflicts)
		}
	}
}
