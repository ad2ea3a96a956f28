package repo

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckout(t *testing.T) {
	r := newRepository(t)
	untouched := wantUntouched(t, r.Root())
	base := headCommit(t, r)
	next := commit(t, r, base, map[string]string{
		"trainer/recipe.go": "package main\n\nconst rate = 2\n",
		"trainer/loss.go":   "",
		"go.mod":            "",
		"go.mod/is/a/tree":  "x",
	}, "next")
	wantBase := treeState(t, r.Root())
	dir := filepath.Join(t.TempDir(), "runs", "a", "work")
	for _, step := range []struct {
		commit string
		want   func() map[string]string
	}{
		{base, func() map[string]string { return wantBase }},
		{base, func() map[string]string { return wantBase }},
		{next, nil},
		{base, func() map[string]string { return wantBase }},
	} {
		if err := r.Checkout(step.commit, dir); err != nil {
			t.Fatal(err)
		}
		if step.want != nil {
			if diff := cmp.Diff(step.want(), treeState(t, dir)); diff != "" {
				t.Errorf("copy of %s (-want +got):\n%s", step.commit, diff)
			}
		}
	}
	untouched()
}

// treeState is the state of a folder without its .git.
func treeState(t *testing.T, dir string) map[string]string {
	t.Helper()
	state := userState(t, dir)
	for name := range state {
		if name == "." || name == ".git" || filepath.Dir(name) == ".git" || isBelow(name, ".git") {
			delete(state, name)
		}
	}
	return state
}

// TestCheckoutUndoesWhatACandidateDid is about files that a candidate changed,
// added, linked and locked in its copy.
func TestCheckoutUndoesWhatACandidateDid(t *testing.T) {
	outside := t.TempDir()
	writeAll(t, outside, map[string]string{"precious": "keep"})
	tricks := map[string]func(t *testing.T, dir string) error{
		"changes a file": func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, "trainer/main.go"), []byte("package forged\n"), 0o644)
		},
		"adds files": func(t *testing.T, dir string) error {
			t.Helper()
			writeAll(t, dir, map[string]string{"trainer/prepare/cache/deep/x": "x", "runs/y": "y", ".git-like": ""})
			return nil
		},
		"makes a repository": func(t *testing.T, dir string) error {
			t.Helper()
			writeAll(t, dir, map[string]string{"trainer/.git/HEAD": "x"})
			return nil
		},
		"deletes": func(_ *testing.T, dir string) error { return os.RemoveAll(filepath.Join(dir, "trainer")) },
		"swaps a folder for a link": func(_ *testing.T, dir string) error {
			if err := os.RemoveAll(filepath.Join(dir, "trainer")); err != nil {
				return err
			}
			return os.Symlink(outside, filepath.Join(dir, "trainer"))
		},
		"swaps a file for a link": func(_ *testing.T, dir string) error {
			if err := os.Remove(filepath.Join(dir, "go.mod")); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(outside, "precious"), filepath.Join(dir, "go.mod"))
		},
		"adds a link": func(_ *testing.T, dir string) error { return os.Symlink(outside, filepath.Join(dir, "out")) },
		"hard-links a file": func(_ *testing.T, dir string) error {
			if err := os.Remove(filepath.Join(dir, "go.mod")); err != nil {
				return err
			}
			return os.Link(filepath.Join(outside, "precious"), filepath.Join(dir, "go.mod"))
		},
		"swaps a file for a folder": func(t *testing.T, dir string) error {
			t.Helper()
			remove(t, filepath.Join(dir, "go.mod"))
			writeAll(t, dir, map[string]string{"go.mod/x": ""})
			return nil
		},
		"swaps a folder for a file": func(_ *testing.T, dir string) error {
			if err := os.RemoveAll(filepath.Join(dir, "tools")); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "tools"), nil, 0o644)
		},
		"takes rights away": func(t *testing.T, dir string) error {
			t.Helper()
			writeAll(t, dir, map[string]string{"extra/locked/x": ""})
			for _, name := range []string{"trainer/main.go", "trainer", "extra/locked", "extra", "tools/run.sh"} {
				if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
					return err
				}
			}
			return nil
		},
		"leaves a read-only file": func(_ *testing.T, dir string) error {
			return os.Chmod(filepath.Join(dir, "trainer/recipe.go"), 0o444)
		},
	}
	r := newRepository(t)
	want := treeState(t, r.Root())
	for name, trick := range tricks {
		t.Run(name, func(t *testing.T) {
			untouched := wantUntouched(t, r.Root())
			dir := filepath.Join(t.TempDir(), "copy")
			if err := r.Checkout(headCommit(t, r), dir); err != nil {
				t.Fatal(err)
			}
			if err := trick(t, dir); err != nil {
				t.Fatal(err)
			}
			if err := r.Checkout(headCommit(t, r), dir); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, treeState(t, dir)); diff != "" {
				t.Errorf("copy (-want +got):\n%s", diff)
			}
			if text, err := os.ReadFile(filepath.Join(outside, "precious")); err != nil || string(text) != "keep" {
				t.Errorf("a file outside was touched: %q, %v", text, err)
			}
			untouched()
		})
	}
}

func TestCheckoutRewritesOnlyWhatDiffers(t *testing.T) {
	r := newRepository(t)
	base := headCommit(t, r)
	next := commit(t, r, base, map[string]string{"trainer/recipe.go": "package main // 2\n"}, "next")
	dir := t.TempDir()
	if err := r.Checkout(base, dir); err != nil {
		t.Fatal(err)
	}
	before := inodes(t, dir)
	if err := r.Checkout(next, dir); err != nil {
		t.Fatal(err)
	}
	after := inodes(t, dir)
	for name := range before {
		kept := os.SameFile(before[name], after[name]) && before[name].ModTime().Equal(after[name].ModTime())
		if kept == (name == "trainer/recipe.go") {
			t.Errorf("%s: kept is %t", name, kept)
		}
	}
}

func inodes(t *testing.T, dir string) map[string]os.FileInfo {
	t.Helper()
	found := map[string]os.FileInfo{}
	for name := range project() {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		found[name] = info
	}
	return found
}

func TestCheckoutRefusesTheUsersFolders(t *testing.T) {
	r := newRepository(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Dir(r.Root()), link); err != nil {
		t.Fatal(err)
	}
	other := newRepository(t)
	untouched, otherUntouched := wantUntouched(t, r.Root()), wantUntouched(t, other.Root())
	for _, dir := range []string{
		r.Root(), filepath.Dir(r.Root()), "/", link,
		filepath.Join(r.Root(), ".git"), filepath.Join(r.Root(), ".git/refs/heads"),
		other.Root(),
	} {
		if err := r.Checkout(headCommit(t, r), dir); err == nil {
			t.Errorf("%s: no error", dir)
		}
	}
	untouched()
	otherUntouched()
}
