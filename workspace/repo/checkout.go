package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/ternlab/ternlab/workspace/diskuse"
)

// Checkout makes dir hold exactly the files of a commit: without a .git, and
// without anything else. What is right already is left as it is, by content, not
// by time, since candidates may write there. Everything else in dir is lost, so
// a dir that is a git repository or holds the user's work tree is refused.
//
// Links never lead out: one that stands where the commit has a folder is
// replaced. Line endings and filters of .gitattributes are not applied.
func (r *Repository) Checkout(commit, dir string) error {
	if err := r.checkout(commit, dir); err != nil {
		return fmt.Errorf("check out %s into %s: %w", commit, dir, err)
	}
	return nil
}

func (r *Repository) checkout(commit, dir string) error {
	if err := r.mayOverwrite(dir); err != nil {
		return err
	}
	store := r.storage()
	tree, err := readTree(store, commit)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return writeFolder(store, tree, dir)
}

// mayOverwrite protects the user's own files from a wrong path.
func (r *Repository) mayOverwrite(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
		return errors.New("it is a git repository, not a run's copy")
	}
	dir, err := resolve(dir)
	if err != nil {
		return err
	}
	for _, own := range []string{r.root, r.gitDir, r.commonDir} {
		own, err := resolve(own)
		if err != nil {
			return err
		}
		if isBelow(own, dir) {
			return fmt.Errorf("it holds %s", own)
		}
	}
	for _, own := range []string{r.gitDir, r.commonDir} {
		if own, err = resolve(own); err != nil {
			return err
		}
		if isBelow(dir, own) {
			return errors.New("it is inside the git folder")
		}
	}
	return nil
}

// resolve returns the absolute path without links; the end of it may not exist yet.
func resolve(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		parent, err := resolve(filepath.Dir(dir))
		return filepath.Join(parent, filepath.Base(dir)), err
	}
	return resolved, err
}

// isBelow tells whether a path is dir or inside it.
func isBelow(file, dir string) bool {
	relative, err := filepath.Rel(dir, file)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, "../")
}

// writeFolder makes a folder, which exists and is no link, hold a tree.
func writeFolder(objects objectStore, tree *object.Tree, folder string) error {
	wanted := make(map[string]bool, len(tree.Entries))
	for _, entry := range tree.Entries {
		if !validName(entry.Name) {
			return fmt.Errorf("%q is no name for a file", entry.Name)
		}
		wanted[entry.Name] = true
	}
	if err := os.Chmod(folder, 0o755); err != nil { // A candidate may have taken our rights away.
		return err
	}
	present, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range present {
		if !wanted[entry.Name()] {
			if err := diskuse.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
				return err
			}
		}
	}
	for _, entry := range tree.Entries {
		if err := writeEntry(objects, entry, filepath.Join(folder, entry.Name)); err != nil {
			return err
		}
	}
	return nil
}

func writeEntry(objects objectStore, entry object.TreeEntry, file string) error {
	if entry.Mode == filemode.Dir || entry.Mode == filemode.Submodule {
		return writeSubfolder(objects, entry, file)
	}
	permissions := fs.FileMode(0o644)
	if entry.Mode == filemode.Executable {
		permissions = 0o755
	}
	if (treeFile{entry.Mode, entry.Hash}).isAt(file) {
		if entry.Mode == filemode.Symlink {
			return nil
		}
		return os.Chmod(file, permissions)
	}
	if err := diskuse.RemoveAll(file); err != nil {
		return err
	}
	content, err := readBlob(objects, entry.Hash)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if entry.Mode == filemode.Symlink {
		return os.Symlink(string(content), file)
	}
	return os.WriteFile(file, content, permissions)
}

// writeSubfolder leaves the folder of a submodule empty, as `git clone` does.
func writeSubfolder(objects objectStore, entry object.TreeEntry, folder string) error {
	tree := &object.Tree{}
	if entry.Mode == filemode.Dir {
		var err error
		if tree, err = object.GetTree(objects, entry.Hash); err != nil {
			return fmt.Errorf("read folder %s: %w", folder, err)
		}
	}
	if info, err := os.Lstat(folder); err != nil || !info.IsDir() {
		if err := diskuse.RemoveAll(folder); err != nil {
			return err
		}
		if err := os.Mkdir(folder, 0o755); err != nil {
			return err
		}
	}
	return writeFolder(objects, tree, folder)
}

// addTree collects the files of a tree below a folder.
func addTree(objects objectStore, tree *object.Tree, folder string, files map[string]treeFile) error {
	for _, entry := range tree.Entries {
		name := path.Join(folder, entry.Name)
		if entry.Mode != filemode.Dir {
			files[name] = treeFile{entry.Mode, entry.Hash}
			continue
		}
		below, err := object.GetTree(objects, entry.Hash)
		if err != nil {
			return fmt.Errorf("read folder %s: %w", name, err)
		}
		if err := addTree(objects, below, name, files); err != nil {
			return err
		}
	}
	return nil
}
