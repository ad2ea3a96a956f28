package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

const (
	branchPrefix     = "refs/heads/autoresearch/"
	experimentPrefix = "refs/experiments/"
)

// BranchRef returns the ref of a run's branch, refs/heads/autoresearch/<tag>.
func BranchRef(tag string) string { return branchPrefix + tag }

// ExperimentRef returns the ref that keeps a dropped experiment's commit,
// refs/experiments/<tag>/<n>.
func ExperimentRef(tag string, experiment int) string {
	return experimentPrefix + tag + "/" + strconv.Itoa(experiment)
}

// ValidateTag says why a run's tag cannot name a branch and a folder, or nil.
func ValidateTag(tag string) error {
	allowed := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	if !allowed.MatchString(tag) {
		return fmt.Errorf("tag %q: use 1 to 64 letters, digits, '.', '_' or '-', the first a letter or a digit", tag)
	}
	if strings.Contains(tag, "..") || strings.HasSuffix(tag, ".") || strings.HasSuffix(tag, ".lock") {
		return fmt.Errorf("tag %q: git allows no name with '..' in it or with '.' or '.lock' at its end", tag)
	}
	return nil
}

// Ref returns the commit that a ref points at, or [ErrNoRef].
func (r *Repository) Ref(name string) (string, error) {
	ref, err := r.storage().Reference(plumbing.ReferenceName(name))
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return "", fmt.Errorf("read %s: %w", name, ErrNoRef)
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return ref.Hash().String(), nil
}

// SetRef points a ref at a commit. After a crash the ref is either as before or
// as asked for, and once SetRef has returned it stays. Name is what [BranchRef]
// or [ExperimentRef] returns; any other is refused, and so, with
// [ErrCheckedOut], is a branch that some work tree stands on: its files would no
// longer fit its commit.
func (r *Repository) SetRef(name, commit string) error {
	if err := r.mayMove(name, commit); err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	if err := r.replaceRef(name, commit); err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	return nil
}

func (r *Repository) mayMove(name, commit string) error {
	if !strings.HasPrefix(name, branchPrefix) && !strings.HasPrefix(name, experimentPrefix) {
		return fmt.Errorf("it is not below %s or %s", branchPrefix, experimentPrefix)
	}
	if err := plumbing.ReferenceName(name).Validate(); err != nil {
		return err
	}
	if !plumbing.IsHash(commit) {
		return fmt.Errorf("%q is not a full commit hash", commit)
	}
	if _, err := object.GetCommit(r.storage(), plumbing.NewHash(commit)); err != nil {
		return fmt.Errorf("read commit %s: %w", commit, err)
	}
	if now, err := r.Ref(name); err == nil && now == commit {
		return nil
	}
	return r.notCheckedOut(name)
}

// notCheckedOut looks at the HEAD of the main work tree and of all linked ones.
func (r *Repository) notCheckedOut(name string) error {
	heads, err := filepath.Glob(filepath.Join(r.commonDir, "worktrees", "*", "HEAD"))
	if err != nil {
		return err
	}
	for _, file := range append(heads, filepath.Join(r.commonDir, "HEAD")) {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // Removed meanwhile, or of another user.
		}
		if strings.TrimSpace(string(text)) == "ref: "+name {
			return fmt.Errorf("%w (%s): switch that work tree to another branch", ErrCheckedOut, file)
		}
	}
	return nil
}

// replaceRef writes a loose ref beside whatever packed-refs says, which it
// outranks. It takes no lock, so that a kill leaves none behind. That is sound
// since the run is the only one to move its refs, but for one case: `git
// pack-refs` reads a ref, locks it, checks it and deletes it, and our new value
// may arrive between the check and the deletion. The lock shows that it is at
// work, so we look again until there is none.
func (r *Repository) replaceRef(name, commit string) error {
	const tries, pause = 40, 50 * time.Millisecond
	file := filepath.Join(r.commonDir, filepath.FromSlash(name))
	for range tries {
		if err := r.writeRef(file, commit); err != nil {
			return err
		}
		_, err := os.Stat(file + ".lock")
		text, _ := os.ReadFile(file) // An error shows as a difference.
		if errors.Is(err, fs.ErrNotExist) && strings.TrimSpace(string(text)) == commit {
			return nil
		}
		time.Sleep(pause)
	}
	if now, err := r.Ref(name); err == nil && now == commit {
		return nil // The lock has been left behind by a git that crashed.
	}
	return fmt.Errorf("another git process keeps changing it; if none is running, remove %s.lock", file)
}

func (r *Repository) writeRef(file, commit string) error {
	folder := filepath.Dir(file)
	if err := r.disk.mkdirAll(folder); err != nil {
		return fmt.Errorf("%w; a branch is named like this run's folder of refs: rename it, or use another tag", err)
	}
	// An empty folder is what is left of longer names that were packed.
	if info, err := os.Lstat(file); err == nil && info.IsDir() {
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("%w; there are refs below it: use another tag", err)
		}
	}
	// A temporary file left in the git folder, unlike one among the refs, is
	// never taken for a ref.
	err := r.disk.replace(file, []byte(commit+"\n"), 0o666, r.commonDir)
	if err != nil {
		return err
	}
	for ; len(folder) >= len(r.commonDir); folder = filepath.Dir(folder) {
		if err := r.disk.syncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}
