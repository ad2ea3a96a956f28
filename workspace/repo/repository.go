package repo

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/ternlab/ternlab/workspace/mutable"
)

// Errors that callers decide by; use errors.Is.
var (
	// ErrNoRepository says that a folder is not the root of a git work tree.
	ErrNoRepository = errors.New("not the root of a git work tree")
	// ErrNoCommit says that the current branch has no commit yet.
	ErrNoCommit = errors.New("the current branch has no commit yet; make one with `git add . && git commit`")
	// ErrNoRef says that a ref does not exist.
	ErrNoRef = errors.New("no such ref")
	// ErrCheckedOut says that a ref is the current branch of a work tree, and
	// so not the run's to move.
	ErrCheckedOut = errors.New("branch is checked out")
)

// Repository is the user's git repository, seen as a store of objects and refs.
//
// It keeps nothing open: a run lasts for days, and git may repack the objects
// or pack the refs below it at any time.
type Repository struct {
	root      string // The work tree.
	gitDir    string // HEAD and index; a linked work tree has its own.
	commonDir string // Objects and refs, shared by all work trees.
	disk      disk   // What they are written with.
}

// Open opens the repository whose work tree has its root at dir: a
// plain one, a linked work tree or a submodule, with or without changes in it.
// Below or outside a work tree's root the error is [ErrNoRepository].
func Open(dir string) (*Repository, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open repository %s: %w", dir, err)
	}
	r, err := locate(root)
	if err != nil {
		return nil, fmt.Errorf("open repository %s: %w", root, err)
	}
	if err := checkFormat(r.commonDir); err != nil {
		return nil, fmt.Errorf("open repository %s: %w", root, err)
	}
	return r, nil
}

// Root returns the absolute path of the work tree's root.
func (r *Repository) Root() string { return r.root }

// Head returns the current commit and whether the work tree differs from it, as
// [Repository.Changed] tells. Without a commit the error is [ErrNoCommit].
func (r *Repository) Head() (commit string, dirty bool, err error) {
	head, err := r.readHead()
	if err != nil {
		return "", false, err
	}
	changed, err := r.Changed()
	if err != nil {
		return "", false, err
	}
	return head.commit.String(), len(changed) > 0, nil
}

// head is where a work tree stands.
type head struct {
	branch plumbing.ReferenceName // Empty when HEAD is detached.
	commit plumbing.Hash
}

func (r *Repository) readHead() (head, error) {
	refs := r.storage()
	ref, err := refs.Reference(plumbing.HEAD)
	if err != nil {
		return head{}, fmt.Errorf("read HEAD: %w", err)
	}
	if ref.Type() == plumbing.HashReference {
		return head{commit: ref.Hash()}, nil
	}
	at, err := refs.Reference(ref.Target())
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return head{}, ErrNoCommit
	}
	if err != nil {
		return head{}, fmt.Errorf("read HEAD: %w", err)
	}
	return head{branch: ref.Target(), commit: at.Hash()}, nil
}

// Files returns the text of the files directly in a folder at a commit, by
// their path from the root with slashes ("trainer/recipe.go"). Folders below it
// and links are left out; a folder that the commit lacks has no files.
func (r *Repository) Files(commit, folder string) (map[string]string, error) {
	files, err := readFolder(r.storage(), commit, path.Clean(folder))
	if err != nil {
		return nil, fmt.Errorf("read %s at commit %s: %w", folder, commit, err)
	}
	return files, nil
}

// MutableFiles returns the files at a commit that candidates may change, like
// [Repository.Files].
func (r *Repository) MutableFiles(commit string) (map[string]string, error) {
	files, err := r.Files(commit, mutable.Folder)
	maps.DeleteFunc(files, func(name, _ string) bool { return !mutable.Is(name) })
	return files, err
}

func readFolder(objects objectStore, commit, folder string) (map[string]string, error) {
	tree, err := readTree(objects, commit)
	if err != nil {
		return nil, err
	}
	if folder != "." {
		tree, err = tree.Tree(folder)
	}
	if errors.Is(err, object.ErrDirectoryNotFound) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	files := make(map[string]string, len(tree.Entries))
	for _, entry := range tree.Entries {
		if entry.Mode != filemode.Regular && entry.Mode != filemode.Executable {
			continue
		}
		text, err := readBlob(objects, entry.Hash)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", entry.Name, err)
		}
		files[path.Join(folder, entry.Name)] = string(text)
	}
	return files, nil
}

// LogEntry is one commit of a branch.
type LogEntry struct {
	Commit  string    // Full hash.
	Parent  string    // Full hash of the first parent; empty at the root.
	Subject string    // First line of the message.
	Body    string    // The rest of the message, without the blank lines around it.
	Author  string    // "name <address>".
	Time    time.Time // When it was committed.
}

// Log lists the commits of a ref, newest first, along first parents, down to
// base and without it. An empty base, or one that is not among them, lists all
// that the repository holds: a shallow clone ends early.
func (r *Repository) Log(name, base string) ([]LogEntry, error) {
	tip, err := r.Ref(name)
	if err != nil {
		return nil, fmt.Errorf("list commits: %w", err)
	}
	store := r.storage()
	shallow, err := store.Shallow()
	if err != nil {
		return nil, fmt.Errorf("list commits of %s: %w", name, err)
	}
	var entries []LogEntry
	for next := tip; next != "" && next != base; {
		commit, err := object.GetCommit(store, plumbing.NewHash(next))
		if err != nil {
			return nil, fmt.Errorf("list commits of %s: read %s: %w", name, next, err)
		}
		entry := newLogEntry(commit)
		entries = append(entries, entry)
		next = entry.Parent
		for _, cut := range shallow {
			if cut == commit.Hash {
				next = ""
			}
		}
	}
	return entries, nil
}
