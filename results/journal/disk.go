package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// disk is what a journal asks of the file system. A test puts a recorder in its
// place, to find out what a power loss may leave.
type disk interface {
	// open opens a file for reading and appending; it and its folder are made when
	// they are missing.
	open(path string) (file, error)
	// syncFolder makes the names in a folder survive a power loss.
	syncFolder(name string) error
}

// file is a journal's file. What is written goes to its end, and survives a power
// loss once it is synced.
type file interface {
	io.ReadWriteCloser
	Name() string
	Truncate(size int64) error
	Sync() error
}

type realDisk struct{}

func (realDisk) open(path string) (file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
}

func (realDisk) syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // Some network file systems cannot, and have no need to.
	}
	return errors.Join(err, folder.Close())
}
