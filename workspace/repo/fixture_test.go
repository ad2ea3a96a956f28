package repo

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/google/go-cmp/cmp"
)

// project is what the tests' repositories start with.
func project() map[string]string {
	return map[string]string{
		".gitignore":               "runs/\n*.log\n",
		"go.mod":                   "module example.org/m\n\ngo 1.26\n",
		"program.md":               "Make it better.\n",
		"trainer/main.go":          "package main\n\nfunc main() {}\n",
		"trainer/recipe.go":        "package main\n\nconst rate = 1\n",
		"trainer/loss.go":          "package main\n\nconst loss = 1\n",
		"trainer/recipe_test.go":   "package main\n",
		"trainer/prepare/data.bin": "\x00\x01\xff",
		"tools/run.sh":             "#!/bin/sh\n",
	}
}

// newRepository makes a repository with one commit by go-git, and keeps the
// settings of the machine out of the test.
func newRepository(t *testing.T) *Repository {
	t.Helper()
	isolateGit(t)
	root := t.TempDir()
	writeAll(t, root, project())
	if err := os.Chmod(filepath.Join(root, "tools/run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("program.md", filepath.Join(root, "brief")); err != nil {
		t.Fatal(err)
	}
	if _, err := git.PlainInit(root, false); err != nil {
		t.Fatal(err)
	}
	commitUser(t, root, "Start")
	return open(t, root)
}

func isolateGit(t *testing.T) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
}

func open(t *testing.T, root string) *Repository {
	t.Helper()
	r, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func writeAll(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// commitUser commits everything as the user would.
func commitUser(t *testing.T, root, message string) string {
	t.Helper()
	repository, err := git.PlainOpenWithOptions(root, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if err != nil {
		t.Fatal(err)
	}
	worktree, err := repository.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	if err := worktree.AddWithOptions(&git.AddOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	hash, err := worktree.Commit(message, &git.CommitOptions{Author: &object.Signature{Name: "User", Email: "user@example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	return hash.String()
}

func headCommit(t *testing.T, r *Repository) string {
	t.Helper()
	commit, _, err := r.Head()
	if err != nil {
		t.Fatal(err)
	}
	return commit
}

func commit(t *testing.T, r *Repository, parent string, changed map[string]string, message string) string {
	t.Helper()
	hash, err := r.Commit(parent, changed, message, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func setRef(t *testing.T, r *Repository, name, commit string) {
	t.Helper()
	if err := r.SetRef(name, commit); err != nil {
		t.Fatal(err)
	}
}

// userState is all that belongs to the user: the work tree and the git folder
// but for objects and the run's refs, each file by its mode and content.
func userState(t *testing.T, root string) map[string]string {
	t.Helper()
	state := map[string]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		switch filepath.ToSlash(name) {
		case ".git/objects", ".git/refs/heads/autoresearch", ".git/refs/experiments":
			return fs.SkipDir
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		state[name] = info.Mode().String()
		if entry.Type().IsRegular() {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(text)
			state[name] += " " + hex.EncodeToString(sum[:])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// wantUntouched returns a check that the user's state is as it was.
func wantUntouched(t *testing.T, root string) func() {
	t.Helper()
	before := userState(t, root)
	return func() {
		t.Helper()
		if diff := cmp.Diff(before, userState(t, root)); diff != "" {
			t.Errorf("the user's files changed (-before +after):\n%s", diff)
		}
	}
}

// gitProgram runs git, where it is installed: what it says is a second opinion.
func gitProgram(t *testing.T, dir string, arguments ...string) (output string, installed bool) {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Logf("not cross-checked, since git is not installed: git %s", strings.Join(arguments, " "))
		return "", false
	}
	command := exec.Command(program, arguments...)
	command.Dir = dir
	text, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(arguments, " "), err, text)
	}
	return strings.TrimSpace(string(text)), true
}

func wantSound(t *testing.T, root string) {
	t.Helper()
	if output, installed := gitProgram(t, root, "fsck", "--strict", "--full", "--no-dangling"); installed && output != "" {
		t.Errorf("git fsck: %s", output)
	}
}

func appendTo(t *testing.T, file, text string) {
	t.Helper()
	opened, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func stageUser(t *testing.T, root, name string) {
	t.Helper()
	repository, err := git.PlainOpen(root)
	if err != nil {
		t.Fatal(err)
	}
	worktree, err := repository.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := worktree.Add(name); err != nil {
		t.Fatal(err)
	}
}
