package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/ternlab/ternlab/workspace/diskuse"
)

// Init makes a repository at dir, whose branch main has one commit of
// the files as they are, without those that .gitignore names. It is for people
// who downloaded an archive. A dir that has a .git is refused. The new .git
// appears whole or not at all.
func Init(dir string) (*Repository, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("make a repository at %s: %w", dir, err)
	}
	if _, err := os.Lstat(filepath.Join(root, ".git")); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make a repository at %s: there is a .git already", root)
	}
	unfinished, err := os.MkdirTemp(root, ".git-unfinished-")
	if err != nil {
		return nil, fmt.Errorf("make a repository at %s: %w", root, err)
	}
	err = commitAll(root, unfinished)
	if err == nil {
		err = publish(unfinished, filepath.Join(root, ".git"))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a repository at %s: %w", root, err), diskuse.RemoveAll(unfinished))
	}
	return Open(root)
}

func commitAll(root, gitDir string) error {
	storage := filesystem.NewStorage(osfs.New(gitDir), cache.NewObjectLRUDefault())
	if err := storage.Init(); err != nil {
		return err
	}
	if err := storage.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, plumbing.Main)); err != nil {
		return err
	}
	// git.Init would also record this folder's unfinished name.
	if err := storage.SetConfig(config.NewConfig()); err != nil {
		return err
	}
	repository, err := git.Open(storage, osfs.New(root))
	if err != nil {
		return err
	}
	worktree, err := repository.Worktree()
	if err != nil {
		return err
	}
	// Also what an earlier attempt left when it was killed.
	worktree.Excludes = append(worktree.Excludes, gitignore.ParsePattern(".git-unfinished-*/", nil))
	if err := worktree.AddWithOptions(&git.AddOptions{All: true}); err != nil {
		return err
	}
	author := (&Repository{root: root, gitDir: gitDir, commonDir: gitDir}).identity(time.Now())
	_, err = worktree.Commit("Start from the files as downloaded\n", &git.CommitOptions{Author: &author})
	return err
}

// publish syncs all of a git folder and renames it to its place.
func publish(unfinished, gitDir string) error {
	err := filepath.WalkDir(unfinished, func(file string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncFolder(file) // Files are synced the same way.
	})
	if err != nil {
		return err
	}
	if err := os.Chmod(unfinished, 0o755); err != nil {
		return err
	}
	if err := os.Rename(unfinished, gitDir); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(gitDir))
}
