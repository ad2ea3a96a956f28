package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// lockedFile replaces a file as git does: the lock beside it, which keeps other
// git processes out, becomes the file.
type lockedFile struct {
	path string
	lock *os.File // Nil once the lock is gone.
}

func lockFile(path string) (*lockedFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil { // A packed ref's folder may be gone.
		return nil, err
	}
	lock, err := os.OpenFile(path+".lock", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("another git process is at work; if none is running, remove %s.lock", path)
	}
	if err != nil {
		return nil, err
	}
	return &lockedFile{path: path, lock: lock}, nil
}

// replace writes the content, durably, and gives the lock up.
func (l *lockedFile) replace(content []byte) error {
	if _, err := l.lock.Write(content); err != nil {
		return err
	}
	if err := l.lock.Sync(); err != nil {
		return err
	}
	if err := os.Rename(l.lock.Name(), l.path); err != nil {
		return err
	}
	closeErr := l.lock.Close()
	l.lock = nil
	return errors.Join(closeErr, syncFolder(filepath.Dir(l.path)))
}

// release gives the lock up without a change; after replace it does nothing.
func (l *lockedFile) release() error {
	if l.lock == nil {
		return nil
	}
	err := errors.Join(l.lock.Close(), os.Remove(l.lock.Name()))
	l.lock = nil
	return err
}
