package repo

import (
	"crypto/sha1" //nolint:gosec // Git's object names, not a secret.
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"

	"github.com/ternlab/ternlab/workspace/mutable"
)

// Changed lists, sorted, what a run that starts at the current commit does not
// see of the work tree: tracked files that were edited or deleted, files that
// were staged, and mutable files that git does not know yet.
func (r *Repository) Changed() ([]string, error) {
	changed, err := r.changed()
	if err != nil {
		return nil, fmt.Errorf("compare the work tree with the current commit: %w", err)
	}
	slices.Sort(changed)
	return slices.Compact(changed), nil
}

func (r *Repository) changed() ([]string, error) {
	at, err := r.readHead()
	if err != nil {
		return nil, err
	}
	store := r.storage()
	tracked, err := listTree(store, at.commit.String())
	if err != nil {
		return nil, err
	}
	staged := readIndex(r.gitDir)
	var changed []string
	for name, entry := range tracked {
		inIndex, found := staged[name]
		switch {
		case found && inIndex.SkipWorktree: // A sparse checkout leaves it out on purpose.
		case staged != nil && (!found || inIndex.Hash != entry.hash):
			changed = append(changed, name)
		case !entry.isAt(filepath.Join(r.root, filepath.FromSlash(name))):
			changed = append(changed, name)
		}
	}
	for name := range staged {
		if _, found := tracked[name]; !found {
			changed = append(changed, name)
		}
	}
	present, err := filepath.Glob(filepath.Join(r.root, mutable.Folder, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range present {
		name := path.Join(mutable.Folder, filepath.Base(file))
		if _, found := tracked[name]; !found && mutable.Is(name) {
			changed = append(changed, name)
		}
	}
	return changed, nil
}

// readIndex returns the entries of the index by name, or nil where there is
// none or go-git does not know its format (split or sparse). Whoever wants to
// change it finds that out by [decodeIndex].
func readIndex(gitDir string) map[string]*index.Entry {
	decoded, err := decodeIndex(filepath.Join(gitDir, "index"))
	if err != nil {
		return nil
	}
	entries := make(map[string]*index.Entry, len(decoded.Entries))
	for _, entry := range decoded.Entries {
		entries[entry.Name] = entry
	}
	return entries
}

func decodeIndex(file string) (decoded *index.Index, err error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	decoded = &index.Index{}
	return decoded, index.NewDecoder(opened).Decode(decoded)
}

// treeFile is one file of a commit.
type treeFile struct {
	mode filemode.FileMode
	hash plumbing.Hash
}

// isAt tells whether what lies at a path is this file, by its content and kind.
func (f treeFile) isAt(file string) bool {
	info, err := os.Lstat(file)
	if err != nil {
		return false
	}
	switch f.mode {
	case filemode.Submodule:
		return info.IsDir()
	case filemode.Symlink:
		target, err := os.Readlink(file)
		return err == nil && blobHash([]byte(target)) == f.hash
	default:
		if !info.Mode().IsRegular() || (info.Mode()&0o100 != 0) != (f.mode == filemode.Executable) {
			return false
		}
		text, err := os.ReadFile(file)
		return err == nil && blobHash(text) == f.hash
	}
}

// blobHash is the object name of a file's content. Go-git's own takes several
// times as long, since it looks for collisions made on purpose.
func blobHash(content []byte) plumbing.Hash {
	sum := sha1.New() //nolint:gosec // See the import.
	_, _ = fmt.Fprintf(sum, "blob %d\x00", len(content))
	_, _ = sum.Write(content)
	return plumbing.Hash(sum.Sum(nil))
}

// listTree returns the files of a commit by their path with slashes, those in
// folders included.
func listTree(objects objectStore, commit string) (map[string]treeFile, error) {
	root, err := readTree(objects, commit)
	if err != nil {
		return nil, fmt.Errorf("read the files of commit %s: %w", commit, err)
	}
	files := map[string]treeFile{}
	if err := addTree(objects, root, "", files); err != nil {
		return nil, fmt.Errorf("read the files of commit %s: %w", commit, err)
	}
	return files, nil
}
