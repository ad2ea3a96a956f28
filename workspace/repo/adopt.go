package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/workspace/mutable"
)

// Adoption is what [Repository.Adopt] did.
type Adoption struct {
	Commit string   // The new commit on the user's branch, or its old one where nothing was to change.
	Branch string   // The user's branch, without refs/heads/.
	Files  []string // The files that changed, sorted; empty where nothing was to change.
}

// AdoptError says why a champion could not be brought onto the user's branch,
// and what to do. Nothing has been changed then.
type AdoptError struct {
	Reason string   // What stands in the way.
	Files  []string // The files concerned, if any.
	Hint   string   // What the user can do.
}

// Error joins the reason, the files and the hint.
func (e *AdoptError) Error() string {
	text := e.Reason
	if len(e.Files) > 0 {
		text += ": " + strings.Join(e.Files, ", ")
	}
	return text + "; " + e.Hint
}

// Adopt brings a champion's mutable files onto the user's current branch as one
// commit, and into the work tree and the index with it. base is the commit that
// the run began at. Anything else in the work tree and the index stays as it is,
// staged changes of other files included.
//
// It is refused, with an [*AdoptError], when HEAD is detached, a merge is going
// on, one of the files has changes that are not committed, or the user's branch
// and the champion both changed a file since base. Adopting the same champion
// again changes nothing, and completes what a crash cut short.
func (r *Repository) Adopt(base, champion, message string) (Adoption, error) {
	adoption, err := r.adopt(base, champion, message)
	if err != nil {
		return Adoption{}, fmt.Errorf("adopt %s: %w", champion, err)
	}
	return adoption, nil
}

func (r *Repository) adopt(base, champion, message string) (_ Adoption, err error) {
	at, err := r.readHead()
	if err != nil {
		return Adoption{}, err
	}
	if at.branch == "" {
		return Adoption{}, &AdoptError{Reason: "HEAD is detached", Hint: "switch to a branch first, for example `git switch main`"}
	}
	if err := r.noMerge(); err != nil {
		return Adoption{}, err
	}
	index, err := lockFile(filepath.Join(r.gitDir, "index"))
	if err != nil {
		return Adoption{}, err
	}
	defer func() { err = errors.Join(err, index.release()) }()
	branch, err := lockFile(filepath.Join(r.commonDir, filepath.FromSlash(at.branch.String())))
	if err != nil {
		return Adoption{}, err
	}
	defer func() { err = errors.Join(err, branch.release()) }()
	if now, err := r.readHead(); err != nil || now != at {
		return Adoption{}, errors.Join(err, errors.New("the branch has just moved; try again"))
	}
	changed, err := r.planAdoption(base, champion, at.commit.String())
	if err != nil {
		return Adoption{}, err
	}
	adoption := Adoption{Commit: at.commit.String(), Branch: at.branch.Short(), Files: slices.Sorted(maps.Keys(changed))}
	if len(changed) > 0 {
		adoption.Commit, err = r.advance(at, changed, message, index, branch)
	}
	return adoption, err
}

// LeftAlone lists, sorted, the files that differ between the commit that a run began
// at and another, and that [Repository.Adopt] never brings: they are not mutable.
func (r *Repository) LeftAlone(base, commit string) ([]string, error) {
	store := r.storage()
	before, err := listTree(store, base)
	if err != nil {
		return nil, err
	}
	after, err := listTree(store, commit)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(before)
	maps.Copy(all, after)
	maps.DeleteFunc(all, func(name string, _ treeFile) bool {
		return before[name] == after[name] || isAdopted(name, before[name], after[name])
	})
	return slices.Sorted(maps.Keys(all)), nil
}

// isAdopted tells whether a file that differs is one that Adopt brings: a mutable one,
// a plain file before and after.
func isAdopted(name string, versions ...treeFile) bool {
	isPlain := func(version treeFile) bool {
		return version == treeFile{} || version.mode.IsRegular() || version.mode == filemode.Executable
	}
	return mutable.Is(name) && isPlain(versions[0]) && isPlain(versions[1])
}

// advance commits the changed files to the branch that HEAD is on. The order is
// such that a crash leaves changes that git shows for what they are, first in
// the work tree, then as staged; to adopt again completes them.
func (r *Repository) advance(at head, changed map[string]string, message string, index, branch *lockedFile) (string, error) {
	commit, err := r.commit(at.commit.String(), changed, message, time.Now())
	if err != nil {
		return "", err
	}
	if err := r.writeFiles(changed); err != nil {
		return "", err
	}
	if err := r.stage(index, changed); err != nil {
		return "", err
	}
	if err := branch.replace([]byte(commit.String() + "\n")); err != nil {
		return "", err
	}
	return commit.String(), r.logMove(at, commit, message)
}

// noMerge refuses while the next commit belongs to something else.
func (r *Repository) noMerge() error {
	for _, state := range []string{"MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"} {
		if _, err := os.Stat(filepath.Join(r.gitDir, state)); err == nil {
			return &AdoptError{
				Reason: "a merge, rebase, cherry-pick or revert is going on",
				Hint:   "finish or abort it first; `git status` says how",
			}
		}
	}
	return nil
}

// planAdoption returns the texts of the files that the commit is to change, by
// name, empty for those to remove.
func (r *Repository) planAdoption(base, champion, current string) (map[string]string, error) {
	var sides [3]map[string]string
	for i, commit := range []string{base, current, champion} {
		files, err := r.MutableFiles(commit)
		if err != nil {
			return nil, err
		}
		sides[i] = files
	}
	changed, conflicts := mergeFiles(sides[0], sides[1], sides[2])
	if len(conflicts) > 0 {
		return nil, &AdoptError{
			Reason: "both the run and your branch changed these files since the run began",
			Files:  conflicts,
			Hint:   "merge them by hand with `git merge " + champion + "`, or start a new run from your branch",
		}
	}
	dirty, err := r.dirtyFiles(changed, sides[1])
	if err != nil {
		return nil, err
	}
	if len(dirty) > 0 {
		return nil, &AdoptError{
			Reason: "these files have changes that are not committed",
			Files:  dirty,
			Hint:   "commit them, or put them aside with `git stash`, and adopt again",
		}
	}
	return changed, nil
}

// mergeFiles is a three-way merge of whole files: a side that left a file alone
// takes the other's. An absent file counts as an empty one. It returns what
// changes in ours, and the names of the files that both sides changed.
func mergeFiles(base, ours, theirs map[string]string) (changed map[string]string, conflicts []string) {
	changed = map[string]string{}
	names := map[string]string{}
	maps.Copy(names, base)
	maps.Copy(names, theirs)
	for name := range names {
		switch {
		case theirs[name] == base[name] || theirs[name] == ours[name]: // Nothing to bring.
		case ours[name] == base[name]:
			changed[name] = theirs[name]
		default:
			conflicts = append(conflicts, name)
		}
	}
	slices.Sort(conflicts)
	return changed, conflicts
}

// dirtyFiles lists those of the files to change that are, in the work tree or
// in the index, neither as committed nor as they are to become.
func (r *Repository) dirtyFiles(changed, committed map[string]string) ([]string, error) {
	decoded, err := r.writableIndex()
	if err != nil {
		return nil, err
	}
	var dirty []string
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		text, err := r.readPlain(name)
		if err != nil {
			return nil, err
		}
		staged := stagedHash(decoded, name)
		if (text != committed[name] && text != changed[name]) ||
			(staged != textHash(committed[name]) && staged != textHash(changed[name])) {
			dirty = append(dirty, name)
		}
	}
	return dirty, nil
}

// readPlain reads a file of the work tree, empty if there is none. What is no
// plain file in a plain folder is an error.
func (r *Repository) readPlain(name string) (string, error) {
	file := filepath.Join(r.root, filepath.FromSlash(name))
	for _, part := range []string{filepath.Dir(file), file} {
		info, err := os.Lstat(part)
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return "", &AdoptError{Reason: part + " is not a plain file or folder", Hint: "put the files of the branch back with `git restore trainer`"}
		}
	}
	text, err := os.ReadFile(file)
	return string(text), err
}

func (r *Repository) writeFiles(changed map[string]string) error {
	for name, text := range changed {
		file := filepath.Join(r.root, filepath.FromSlash(name))
		if text == "" {
			if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := renameio.WriteFile(file, []byte(text), 0o666, renameio.WithTempDir(r.gitDir)); err != nil {
			return err
		}
	}
	return nil
}
