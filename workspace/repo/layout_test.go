package repo

import (
	"os"
	"path/filepath"
	"testing"
)

// exercise does all that a run does, and checks that it works.
func exercise(t *testing.T, r *Repository, tag string) {
	t.Helper()
	untouched := wantUntouched(t, r.Root())
	base := headCommit(t, r)
	before, err := r.MutableFiles(base)
	if err != nil {
		t.Fatal(err)
	}
	if before["trainer/recipe.go"] != project()["trainer/recipe.go"] {
		t.Errorf("recipe reads %q", before["trainer/recipe.go"])
	}
	candidate := commit(t, r, base, map[string]string{"trainer/recipe.go": "package main // " + tag + "\n"}, "candidate")
	setRef(t, r, ExperimentRef(tag, 1), candidate)
	setRef(t, r, BranchRef(tag), candidate)
	copied := filepath.Join(t.TempDir(), "copy")
	if err := r.Checkout(candidate, copied); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(copied, "trainer/recipe.go"))
	if err != nil || string(text) != "package main // "+tag+"\n" {
		t.Errorf("copy reads %q, %v", text, err)
	}
	entries, err := r.Log(BranchRef(tag), base)
	if err != nil || len(entries) != 1 {
		t.Errorf("log has %d entries, %v; want 1", len(entries), err)
	}
	if all, err := r.Log(BranchRef(tag), ""); err != nil || len(all) < 2 {
		t.Errorf("whole log has %d entries, %v; want at least 2", len(all), err)
	}
	untouched()
	wantSound(t, r.Root())
	if output, installed := gitProgram(t, r.Root(), "rev-parse", "autoresearch/"+tag); installed && output != candidate {
		t.Errorf("git says the branch is %s, want %s", output, candidate)
	}
}

func TestPlainRepository(t *testing.T) { exercise(t, newRepository(t), "a") }

// TestLinkedWorktree makes the files of a linked work tree itself, as
// gitrepository-layout(5) has them, so that it needs no git program.
func TestLinkedWorktree(t *testing.T) {
	main := newRepository(t)
	linked := t.TempDir()
	own := filepath.Join(main.Root(), ".git/worktrees/linked")
	writeAll(t, own, map[string]string{
		"HEAD":      "ref: refs/heads/topic/of/mine\n",
		"commondir": "../..\n",
		"gitdir":    filepath.Join(linked, ".git") + "\n",
	})
	writeAll(t, main.Root(), map[string]string{".git/refs/heads/topic/of/mine": headCommit(t, main) + "\n"})
	index, err := os.ReadFile(filepath.Join(main.Root(), ".git/index"))
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, own, map[string]string{"index": string(index)})
	writeAll(t, linked, map[string]string{".git": "gitdir: " + own + "\n"})
	if err := main.Checkout(headCommit(t, main), filepath.Join(linked, "copy")); err != nil {
		t.Fatal(err)
	}
	moveUp(t, filepath.Join(linked, "copy"))

	r := open(t, linked)
	untouched := wantUntouched(t, main.Root())
	exercise(t, r, "a")
	untouched()
	if now, err := main.Ref(BranchRef("a")); err != nil || now == headCommit(t, main) {
		t.Errorf("the main work tree does not see the branch: %s, %v", now, err)
	}
	if _, err := os.Stat(filepath.Join(own, "refs")); err == nil {
		t.Error("refs were written to the linked work tree's own folder")
	}
	if changed, err := r.Changed(); err != nil || len(changed) > 0 {
		t.Errorf("changed: %v, %v", changed, err)
	}
	adoption, err := r.Adopt(headCommit(t, r), mustRef(t, r, BranchRef("a")), "Adopt")
	if err != nil || adoption.Branch != "topic/of/mine" || headCommit(t, r) != adoption.Commit {
		t.Errorf("adoption is %+v, %v", adoption, err)
	}
	if status, installed := gitProgram(t, linked, "status", "--porcelain", "--branch"); installed && status != "## topic/of/mine" {
		t.Errorf("git status: %q", status)
	}
	if list, installed := gitProgram(t, linked, "worktree", "list", "--porcelain"); installed {
		t.Logf("git sees the work trees:\n%s", list)
	}
}

func mustRef(t *testing.T, r *Repository, name string) string {
	t.Helper()
	commit, err := r.Ref(name)
	if err != nil {
		t.Fatal(err)
	}
	return commit
}

// moveUp moves what is in a folder to the folder above.
func moveUp(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if err := os.Rename(filepath.Join(folder, entry.Name()), filepath.Join(folder, "..", entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	remove(t, folder)
}

func TestBranchCheckedOutInALinkedWorktree(t *testing.T) {
	r := newRepository(t)
	setRef(t, r, BranchRef("a"), headCommit(t, r))
	writeAll(t, r.Root(), map[string]string{".git/worktrees/elsewhere/HEAD": "ref: " + BranchRef("a") + "\n"})
	next := commit(t, r, headCommit(t, r), map[string]string{"program.md": "x\n"}, "next")
	if err := r.SetRef(BranchRef("a"), next); err == nil {
		t.Error("no error")
	}
}

// TestAlternates shares the objects of another repository, as
// `git clone --shared` does.
func TestAlternates(t *testing.T) {
	source := newRepository(t)
	base := headCommit(t, source)
	root := t.TempDir()
	writeAll(t, root, map[string]string{
		".git/HEAD":                    "ref: refs/heads/main\n",
		".git/config":                  "[core]\n\tbare = false\n",
		".git/refs/heads/main":         base + "\n",
		".git/objects/info/alternates": filepath.Join(source.Root(), ".git/objects") + "\n",
	})
	untouched := wantUntouched(t, source.Root())
	exercise(t, open(t, root), "a")
	untouched()
}

func TestPackedRefs(t *testing.T) {
	r := newRepository(t)
	base := headCommit(t, r)
	old := commit(t, r, base, map[string]string{"program.md": "x\n"}, "old")
	writeAll(t, r.Root(), map[string]string{
		".git/packed-refs": "# pack-refs with: peeled fully-peeled sorted \n" +
			old + " " + BranchRef("a") + "\n" + base + " refs/heads/master\n",
	})
	remove(t, filepath.Join(r.Root(), ".git/refs/heads/master"))
	if got := mustRef(t, r, BranchRef("a")); got != old {
		t.Errorf("packed ref is %s, want %s", got, old)
	}
	exercise(t, r, "a")
}

// TestMadeByGit does the same in repositories that the git program made.
func TestMadeByGit(t *testing.T) {
	source := newRepository(t)
	if _, installed := gitProgram(t, source.Root(), "--version"); !installed {
		return // Logged; the cases are tested above without it.
	}
	setRef(t, source, BranchRef("old"), commit(t, source, headCommit(t, source), map[string]string{"program.md": "x\n"}, "old"))
	cases := map[string]func(t *testing.T, root string){
		"clone --shared": func(t *testing.T, root string) {
			t.Helper()
			gitProgram(t, source.Root(), "clone", "--quiet", "--shared", source.Root(), root)
		},
		"clone --depth=1": func(t *testing.T, root string) {
			t.Helper()
			gitProgram(t, source.Root(), "clone", "--quiet", "--depth=1", "file://"+source.Root(), root)
		},
		"worktree add": func(t *testing.T, root string) {
			t.Helper()
			gitProgram(t, source.Root(), "worktree", "add", "--quiet", "-b", "topic/x", root)
		},
		"gc, packed refs": func(t *testing.T, root string) {
			t.Helper()
			gitProgram(t, source.Root(), "clone", "--quiet", source.Root(), root)
			gitProgram(t, root, "gc", "--quiet")
			gitProgram(t, root, "pack-refs", "--all")
		},
		"index version 4": func(t *testing.T, root string) {
			t.Helper()
			gitProgram(t, source.Root(), "clone", "--quiet", source.Root(), root)
			gitProgram(t, root, "update-index", "--index-version=4")
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "work")
			prepare(t, root)
			r := open(t, root)
			if changed, err := r.Changed(); err != nil || len(changed) > 0 {
				t.Errorf("changed: %v, %v", changed, err)
			}
			if name == "clone --depth=1" {
				setRef(t, r, BranchRef("start"), headCommit(t, r))
			}
			exercise(t, r, "new")
			adoption, err := r.Adopt(headCommit(t, r), mustRef(t, r, BranchRef("new")), "Adopt the champion")
			if err != nil || len(adoption.Files) != 1 {
				t.Errorf("adoption is %+v, %v", adoption, err)
			}
			if status, _ := gitProgram(t, root, "status", "--porcelain"); status != "" {
				t.Errorf("git status after: %q", status)
			}
			if subject, _ := gitProgram(t, root, "log", "-1", "--format=%s"); subject != "Adopt the champion" {
				t.Errorf("git log after: %q", subject)
			}
			wantSound(t, root)
		})
	}
}

// TestRepackedMeanwhile has git move all objects and refs below an open
// Repository, as `git gc --auto` does during a run.
func TestRepackedMeanwhile(t *testing.T) {
	r := newRepository(t)
	candidate := commit(t, r, headCommit(t, r), map[string]string{"trainer/loss.go": "package main\n"}, "first")
	setRef(t, r, BranchRef("a"), candidate)
	if _, installed := gitProgram(t, r.Root(), "gc", "--quiet"); !installed {
		return // Logged; nothing else can pack.
	}
	if got := mustRef(t, r, BranchRef("a")); got != candidate {
		t.Errorf("ref is %s, want %s", got, candidate)
	}
	files, err := r.MutableFiles(candidate)
	if err != nil || files["trainer/loss.go"] != "package main\n" {
		t.Errorf("files are %v, %v", files, err)
	}
	setRef(t, r, BranchRef("a"), commit(t, r, candidate, map[string]string{"trainer/loss.go": "package main // 2\n"}, "second"))
	wantSound(t, r.Root())
}
