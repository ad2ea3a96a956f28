package repo

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/google/renameio/v2"
)

// disk is the file operations that make objects and refs durable. A test puts a
// recorder in its place, to find out what a power loss may leave.
type disk interface {
	mkdirAll(folder string) error
	// replace writes a file beside, in tempFolder, syncs it and renames it.
	replace(file string, content []byte, mode fs.FileMode, tempFolder string) error
	// syncFolder makes the names in a folder survive a power loss.
	syncFolder(folder string) error
}

type realDisk struct{}

func (realDisk) mkdirAll(folder string) error { return os.MkdirAll(folder, 0o777) }

func (realDisk) replace(file string, content []byte, mode fs.FileMode, tempFolder string) error {
	return renameio.WriteFile(file, content, mode, renameio.WithTempDir(tempFolder))
}

func (realDisk) syncFolder(folder string) error { return syncFolder(folder) }

// syncFolder makes the names in a folder, or a file's content, survive a power loss.
func syncFolder(folder string) error {
	opened, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = opened.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // Some network file systems cannot, and have no need to.
	}
	return errors.Join(err, opened.Close())
}
