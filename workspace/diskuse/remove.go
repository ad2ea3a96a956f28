//go:build linux || darwin

package diskuse

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// deepest is how many folders are open at a time, one in another. What lies deeper is
// moved up before it is removed, so that no depth takes all descriptors.
const deepest = 100

// RemoveAll removes a file, or a folder with all that it holds; nothing is left to do
// where there is nothing. It gives this user the right to list and to change folders
// as it goes on, takes off what marks files as immutable if this user may, and follows
// no link. The folder that path lies in is the caller's own and isn't touched.
func RemoveAll(path string) error {
	path = filepath.Clean(path)
	above, err := unix.Open(filepath.Dir(path), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return &os.PathError{Op: "remove", Path: path, Err: err}
	}
	defer closeFolder(above)
	if err := remove(above, filepath.Base(path)); err != nil {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}

// RemoveBelow removes what lies below a folder at names, one in another, as [RemoveAll]
// does. None of the names is followed where it is a link, since the folder may be one
// that a program nobody trusts has written to.
func RemoveBelow(folder string, names ...string) error {
	at, err := unix.Open(folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	last := len(names) - 1
	for i := 0; i < last && err == nil; i++ {
		var next int
		next, err = openFolder(at, names[i])
		closeFolder(at)
		at = next
	}
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err == nil {
		err = remove(at, names[last])
		closeFolder(at)
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", filepath.Join(append([]string{folder}, names...)...), err)
	}
	return nil
}

// remover removes what is below one folder.
type remover struct {
	root int // that folder
}

// remove removes what has that name in a folder.
func remove(above int, name string) error {
	isFolder, err := unlink(above, name)
	if !isFolder || err != nil {
		return err
	}
	folder, err := openFolder(above, name)
	if err != nil {
		return ignoreMissing(err)
	}
	err = remover{root: folder}.empty(folder, 1)
	closeFolder(folder)
	if err != nil {
		return err
	}
	return removeEmpty(above, name)
}

// empty removes all that a folder holds, which lies at that depth below the root.
func (r remover) empty(folder, depth int) error {
	for {
		// From the start, again and again: what is moved up here, or was removed
		// meanwhile, changes what a reader in the midst of it would see.
		names, err := namesIn(folder)
		if err != nil || len(names) == 0 {
			return err
		}
		for _, name := range names {
			if err := r.removeIn(folder, name, depth); err != nil {
				return fmt.Errorf("%q: %w", shorten(name), err)
			}
		}
	}
}

func (r remover) removeIn(folder int, name string, depth int) error {
	isFolder, err := unlink(folder, name)
	if !isFolder || err != nil {
		return err
	}
	if depth >= deepest {
		return r.moveUp(folder, name)
	}
	inner, err := openFolder(folder, name)
	if err != nil {
		return ignoreMissing(err)
	}
	err = r.empty(inner, depth+1)
	closeFolder(inner)
	if err != nil {
		return err
	}
	return removeEmpty(folder, name)
}

// moveUp puts a folder that lies too deep directly into the root, which is emptied until
// nothing is left in it.
func (r remover) moveUp(above int, name string) error {
	folder, err := openFolder(above, name) // it has to be writable to be moved
	if err != nil {
		return ignoreMissing(err)
	}
	closeFolder(folder)
	return ignoreMissing(unix.Renameat(above, name, r.root, rand.Text()))
}

// unlink removes what is no folder, and tells whether it is one.
func unlink(above int, name string) (isFolder bool, err error) {
	err = unix.Unlinkat(above, name, 0)
	if err == nil || errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	var found unix.Stat_t
	if err := unix.Fstatat(above, name, &found, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return false, ignoreMissing(err)
	}
	if found.Mode&unix.S_IFMT == unix.S_IFDIR {
		return true, nil
	}
	if !errors.Is(err, unix.EPERM) {
		return false, err
	}
	makeMutable(above, name)
	return false, ignoreMissing(unix.Unlinkat(above, name, 0))
}

func removeEmpty(above int, name string) error {
	err := unix.Unlinkat(above, name, unix.AT_REMOVEDIR)
	if errors.Is(err, unix.EPERM) {
		makeMutable(above, name)
		err = unix.Unlinkat(above, name, unix.AT_REMOVEDIR)
	}
	return ignoreMissing(err)
}

// openFolder opens a folder, and first gives its owner all rights to it where they are
// missing, so that it can be listed and emptied.
func openFolder(above int, name string) (int, error) {
	const all = unix.S_IRWXU
	var found unix.Stat_t
	if err := unix.Fstatat(above, name, &found, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return -1, err
	}
	if found.Mode&unix.S_IFMT != unix.S_IFDIR {
		return -1, unix.ENOTDIR
	}
	if found.Mode&all != all {
		mode := uint32(found.Mode)&0o7777 | all //nolint:unconvert // macOS has 16 bits
		if err := changeMode(above, name, mode); errors.Is(err, unix.EPERM) {
			makeMutable(above, name)
			_ = changeMode(above, name, mode) // opening it fails if this did and was needed
		}
	}
	return unix.Openat(above, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
}

// namesIn lists some of what a folder holds, and nothing only where it is empty.
func namesIn(folder int) ([]string, error) {
	const some = 4096
	opened, err := list(folder)
	if err != nil {
		return nil, err
	}
	names, err := opened.Readdirnames(some)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, errors.Join(err, opened.Close())
}

// list returns a reader of a folder's names, which starts with the first.
func list(folder int) (*os.File, error) {
	again, err := unix.Openat(folder, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(again), "folder"), nil
}

func closeFolder(folder int) { _ = unix.Close(folder) } // nothing was written to it

func ignoreMissing(err error) error {
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// shorten keeps messages readable.
func shorten(name string) string {
	const most = 40
	return name[:min(len(name), most)]
}
