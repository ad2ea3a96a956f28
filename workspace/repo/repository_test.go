package repo

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5"
	"github.com/google/go-cmp/cmp"
)

func TestOpenRepositoryNeedsTheRoot(t *testing.T) {
	r := newRepository(t)
	for _, dir := range []string{filepath.Join(r.Root(), "trainer"), t.TempDir()} {
		if _, err := Open(dir); !errors.Is(err, ErrNoRepository) {
			t.Errorf("%s: error is %v, want ErrNoRepository", dir, err)
		}
	}
	_, err := Open(filepath.Join(r.Root(), "trainer"))
	if !strings.Contains(err.Error(), "the root is "+r.Root()) {
		t.Errorf("error does not name the root: %v", err)
	}
}

func TestOpenRepositoryRefusesFormatsItCannotRead(t *testing.T) {
	for name, section := range map[string]string{
		"sha256":   "[extensions]\n\tobjectFormat = sha256\n",
		"reftable": "[extensions]\n\trefStorage = reftable\n",
	} {
		r := newRepository(t)
		appendTo(t, filepath.Join(r.Root(), ".git/config"), section)
		if _, err := Open(r.Root()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error is %v, want one that names %s", err, name)
		}
	}
	r := newRepository(t)
	appendTo(t, filepath.Join(r.Root(), ".git/config"), "[extensions]\n\tworktreeConfig = true\n\tpartialClone = origin\n")
	headCommit(t, open(t, r.Root()))
}

func TestHeadWithoutACommit(t *testing.T) {
	isolateGit(t)
	root := t.TempDir()
	if _, err := git.PlainInit(root, false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open(t, root).Head(); !errors.Is(err, ErrNoCommit) {
		t.Errorf("error is %v, want ErrNoCommit", err)
	}
}

func TestChanged(t *testing.T) {
	cases := map[string]struct {
		change func(t *testing.T, root string)
		want   []string
	}{
		"nothing": {func(*testing.T, string) {}, nil},
		"an edit": {func(t *testing.T, root string) {
			t.Helper()
			writeAll(t, root, map[string]string{"trainer/loss.go": "package main\n", "program.md": "Faster.\n"})
		}, []string{"program.md", "trainer/loss.go"}},
		"a rewrite of the same content": {func(t *testing.T, root string) {
			t.Helper()
			writeAll(t, root, map[string]string{"program.md": project()["program.md"]})
		}, nil},
		"a deletion": {func(t *testing.T, root string) {
			t.Helper()
			remove(t, filepath.Join(root, "go.mod"))
		}, []string{"go.mod"}},
		"an executable bit": {func(t *testing.T, root string) {
			t.Helper()
			if err := os.Chmod(filepath.Join(root, "tools/run.sh"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, []string{"tools/run.sh"}},
		"a link that points elsewhere": {func(t *testing.T, root string) {
			t.Helper()
			remove(t, filepath.Join(root, "brief"))
			if err := os.Symlink("go.mod", filepath.Join(root, "brief")); err != nil {
				t.Fatal(err)
			}
		}, []string{"brief"}},
		"a staged new file": {func(t *testing.T, root string) {
			t.Helper()
			writeAll(t, root, map[string]string{"notes.md": "new\n"})
			stageUser(t, root, "notes.md")
		}, []string{"notes.md"}},
		"a staged edit, taken back in the work tree": {func(t *testing.T, root string) {
			t.Helper()
			writeAll(t, root, map[string]string{"program.md": "Faster.\n"})
			stageUser(t, root, "program.md")
			writeAll(t, root, map[string]string{"program.md": project()["program.md"]})
		}, []string{"program.md"}},
		"a new mutable file": {func(t *testing.T, root string) {
			t.Helper()
			writeAll(t, root, map[string]string{"trainer/idea.go": "package main\n", "trainer/idea_test.go": "package main\n"})
		}, []string{"trainer/idea.go"}},
		"files that git does not look at": {func(t *testing.T, root string) {
			t.Helper()
			writeAll(t, root, map[string]string{"runs/x/journal.jsonl": "{}", "scratch.txt": ""})
		}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRepository(t)
			c.change(t, r.Root())
			untouched := wantUntouched(t, r.Root())
			got, err := r.Changed()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("changed files (-want +got):\n%s", diff)
			}
			if _, dirty, err := r.Head(); err != nil || dirty != (c.want != nil) {
				t.Errorf("dirty is %t, error %v; want %t", dirty, err, c.want != nil)
			}
			untouched()
		})
	}
}

func TestFiles(t *testing.T) {
	r := newRepository(t)
	files, err := r.Files(headCommit(t, r), "trainer")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, name := range []string{"trainer/main.go", "trainer/recipe.go", "trainer/loss.go", "trainer/recipe_test.go"} {
		want[name] = project()[name]
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	mutable, err := r.MutableFiles(headCommit(t, r))
	if err != nil {
		t.Fatal(err)
	}
	delete(want, "trainer/main.go")
	delete(want, "trainer/recipe_test.go")
	if diff := cmp.Diff(want, mutable); diff != "" {
		t.Errorf("mutable files (-want +got):\n%s", diff)
	}
	if none, err := r.Files(headCommit(t, r), "nowhere"); err != nil || len(none) > 0 {
		t.Errorf("a folder that is not there: %v, %v", none, err)
	}
	if top, err := r.Files(headCommit(t, r), "."); err != nil || top["program.md"] == "" {
		t.Errorf("the root: %v, %v", top, err)
	}
	if _, err := r.Files(strings.Repeat("0", 40), "trainer"); err == nil {
		t.Error("a commit that is not there: no error")
	}
}

func TestInitRepository(t *testing.T) {
	isolateGit(t)
	root := t.TempDir()
	writeAll(t, root, project())
	writeAll(t, root, map[string]string{"runs/x/log": "x", "note.log": "x"})
	r, err := Init(root)
	if err != nil {
		t.Fatal(err)
	}
	tracked, err := listTree(r.storage(), headCommit(t, r))
	if err != nil {
		t.Fatal(err)
	}
	for name := range project() {
		if _, found := tracked[name]; !found {
			t.Errorf("%s is not in the commit", name)
		}
		delete(tracked, name)
	}
	if len(tracked) > 0 {
		t.Errorf("in the commit, and should not be: %v", tracked)
	}
	if changed, err := r.Changed(); err != nil || len(changed) > 0 {
		t.Errorf("changed right after: %v, %v", changed, err)
	}
	wantSound(t, root)
	if status, installed := gitProgram(t, root, "status", "--porcelain", "--branch"); installed && status != "## main" {
		t.Errorf("git status: %q", status)
	}
	if _, err := Init(root); err == nil {
		t.Error("a second InitRepository: no error")
	}
	if left, _ := filepath.Glob(filepath.Join(root, ".git-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
