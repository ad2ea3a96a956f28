package workspace

import (
	"errors"
	"time"
)

// Errors that callers decide by; use errors.Is.
var (
	// ErrNoRepository says that a folder is not the root of a git work tree.
	ErrNoRepository = errors.New("not the root of a git repository")
	// ErrNoCommit says that the current branch has no commit yet.
	ErrNoCommit = errors.New("the repository has no commit yet")
	// ErrNoRef says that a ref does not exist.
	ErrNoRef = errors.New("no such ref")
	// ErrCheckedOut says that a ref is the current branch of a work tree, and
	// so not the run's to move.
	ErrCheckedOut = errors.New("branch is checked out")
)

// Repository is the user's git repository, seen as a store of objects and refs.
type Repository struct {
	root string
}

// LogEntry is one commit of a branch.
type LogEntry struct {
	Commit  string    // Full hash.
	Parent  string    // Full hash of the first parent; empty at the root.
	Subject string    // First line of the message.
	Body    string    // The rest of the message, without the blank line between.
	Author  string    // "name <address>".
	Time    time.Time // When it was committed.
}

// OpenRepository opens the repository whose work tree has its root at dir.
func OpenRepository(dir string) (*Repository, error) {
	return nil, errors.ErrUnsupported
}

// InitRepository makes a repository at dir and commits the files that its .gitignore leaves.
func InitRepository(dir string) (*Repository, error) {
	return nil, errors.ErrUnsupported
}

// Root returns the absolute path of the work tree's root.
func (r *Repository) Root() string { return r.root }

// Head returns the current commit and whether the work tree differs from it.
func (r *Repository) Head() (commit string, dirty bool, err error) {
	return "", false, errors.ErrUnsupported
}

// Changed lists, sorted, the files of the work tree that differ from the current commit.
func (r *Repository) Changed() ([]string, error) { return nil, errors.ErrUnsupported }

// Resolve returns the full hash of a commit, given a hash, an abbreviation, a branch or a ref.
func (r *Repository) Resolve(revision string) (string, error) { return "", errors.ErrUnsupported }

// Files returns the text of the files directly in a folder at a commit, by
// their path from the root with slashes ("trainer/recipe.go"). Subfolders are left out.
func (r *Repository) Files(commit, folder string) (map[string]string, error) {
	return nil, errors.ErrUnsupported
}

// Checkout makes dir hold exactly the files of a commit, without a .git.
func (r *Repository) Checkout(commit, dir string) error { return errors.ErrUnsupported }

// Commit writes a commit on top of parent with some files changed (an empty text removes the file) and returns its hash. No ref is touched.
func (r *Repository) Commit(parent string, changed map[string]string, message string) (commit string, err error) {
	return "", errors.ErrUnsupported
}

// SetRef points a ref at a commit, safely under a crash. Name is what [BranchRef] or [ExperimentRef] returns.
func (r *Repository) SetRef(name, commit string) error { return errors.ErrUnsupported }

// Ref returns the commit that a ref points at, or [ErrNoRef].
func (r *Repository) Ref(name string) (string, error) { return "", errors.ErrUnsupported }

// Log lists the commits of a ref, newest first, along first parents, down to but without base.
func (r *Repository) Log(name, base string) ([]LogEntry, error) { return nil, errors.ErrUnsupported }

// BranchRef returns the ref of a run's branch, refs/heads/autoresearch/<tag>.
func BranchRef(tag string) string { return "refs/heads/autoresearch/" + tag }

// ExperimentRef returns the ref that keeps a dropped experiment, refs/experiments/<tag>/<n>.
func ExperimentRef(tag string, experiment int) string { return "" }

// ValidateTag says why a run's tag can name neither a branch nor a folder, or nil.
func ValidateTag(tag string) error { return nil }
