package repo

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSetRef(t *testing.T) {
	r := newRepository(t)
	untouched := wantUntouched(t, r.Root())
	base := headCommit(t, r)
	next := commit(t, r, base, map[string]string{"trainer/recipe.go": "package main\n"}, "next")
	for _, name := range []string{BranchRef("nov24"), ExperimentRef("nov24", 7), "refs/heads/autoresearch/team/nov24"} {
		if _, err := r.Ref(name); !errors.Is(err, ErrNoRef) {
			t.Errorf("%s before: error is %v, want ErrNoRef", name, err)
		}
		for _, want := range []string{base, next, next, base} {
			setRef(t, r, name, want)
			got, err := r.Ref(name)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
			if output, installed := gitProgram(t, r.Root(), "rev-parse", name); installed && output != want {
				t.Errorf("git says %s is %s, want %s", name, output, want)
			}
		}
	}
	untouched()
	wantSound(t, r.Root())
}

func TestSetRefRefuses(t *testing.T) {
	r := newRepository(t)
	base := headCommit(t, r)
	setRef(t, r, BranchRef("team/a"), base)
	untouched := wantUntouched(t, r.Root())
	blob, err := r.newObjectWriter().writeBlob("text")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ name, commit string }{
		"the user's branch":     {"refs/heads/master", base},
		"HEAD":                  {"HEAD", base},
		"a tag":                 {"refs/tags/v1", base},
		"a way out":             {branchPrefix + "../master", base},
		"a lock":                {BranchRef("a.lock"), base},
		"no name":               {BranchRef(""), base},
		"a short hash":          {BranchRef("a"), base[:7]},
		"a commit that isn't":   {BranchRef("a"), strings.Repeat("1", 40)},
		"an object, no commit":  {BranchRef("a"), blob.String()},
		"a folder of other ref": {BranchRef("team"), base},
		"below another ref":     {BranchRef("team/a/b"), base},
	}
	for name, c := range cases {
		if err := r.SetRef(c.name, c.commit); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	untouched()
}

func TestSetRefLeavesCheckedOutBranchesAlone(t *testing.T) {
	r := newRepository(t)
	base := headCommit(t, r)
	next := commit(t, r, base, map[string]string{"program.md": "x\n"}, "next")
	setRef(t, r, BranchRef("a"), base)
	if err := os.WriteFile(filepath.Join(r.Root(), ".git/HEAD"), []byte("ref: "+BranchRef("a")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.SetRef(BranchRef("a"), next); !errors.Is(err, ErrCheckedOut) {
		t.Errorf("error is %v, want ErrCheckedOut", err)
	}
	setRef(t, r, BranchRef("a"), base) // Nothing moves.
	setRef(t, r, BranchRef("b"), next)
}

// TestSetRefWaitsForPackRefs plays `git pack-refs`: it holds the lock of a ref
// that it has checked, and deletes the ref after our write.
func TestSetRefWaitsForPackRefs(t *testing.T) {
	r := newRepository(t)
	base := headCommit(t, r)
	next := commit(t, r, base, map[string]string{"program.md": "x\n"}, "next")
	setRef(t, r, BranchRef("a"), base)
	file := filepath.Join(r.Root(), ".git", BranchRef("a"))
	if err := os.WriteFile(file+".lock", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	packed := make(chan error, 1)
	go func() {
		for {
			text, err := os.ReadFile(file)
			if err != nil {
				packed <- err
				return
			}
			if strings.TrimSpace(string(text)) == next {
				packed <- errors.Join(os.Remove(file), os.Remove(file+".lock"))
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	setRef(t, r, BranchRef("a"), next)
	if err := <-packed; err != nil {
		t.Fatal(err)
	}
	if got, err := r.Ref(BranchRef("a")); err != nil || got != next {
		t.Errorf("ref is %s, %v; want %s", got, err, next)
	}
}

func TestSetRefReplacesAnEmptyFolder(t *testing.T) {
	r := newRepository(t)
	if err := os.MkdirAll(filepath.Join(r.Root(), ".git/refs/heads/autoresearch/a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	remove(t, filepath.Join(r.Root(), ".git/refs/heads/autoresearch/a/b"))
	setRef(t, r, BranchRef("a"), headCommit(t, r))
}

func TestSetRefRepairsADamagedRef(t *testing.T) {
	r := newRepository(t)
	setRef(t, r, BranchRef("a"), headCommit(t, r))
	if err := os.Truncate(filepath.Join(r.Root(), ".git", BranchRef("a")), 0); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Ref(BranchRef("a")); err == nil {
		t.Errorf("an empty ref reads as %q", got)
	}
	setRef(t, r, BranchRef("a"), headCommit(t, r))
	if got, err := r.Ref(BranchRef("a")); err != nil || got != headCommit(t, r) {
		t.Errorf("ref is %q, %v", got, err)
	}
}

func TestValidateTag(t *testing.T) {
	for _, tag := range []string{"nov24", "2026-11-24", "a", "A_b.c-d", strings.Repeat("x", 64)} {
		if err := ValidateTag(tag); err != nil {
			t.Errorf("%q: %v", tag, err)
		}
	}
	for _, tag := range []string{
		"", ".", "..", "-x", ".hidden", "a/b", "a b", "a..b", "a.", "a.lock", "ä", "a\n", "a\x00", "a~1", "a@{1}",
		strings.Repeat("x", 65),
	} {
		if err := ValidateTag(tag); err == nil {
			t.Errorf("%q: no error", tag)
		}
	}
}
