package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/workspace/mutable"
)

// Seal is what a run's verdicts rest on, by checksum: the evaluator, the evaluation
// data, the source files that no experiment may change.
type Seal map[string]string

// newSeal takes the checksums of the run's fixed parts.
func (l *Lab) newSeal() (Seal, error) {
	s := Seal{}
	if err := s.add(l.folder.Evaluator()); err != nil {
		return nil, err
	}
	if err := s.addFixed(l.folder.Work()); err != nil {
		return nil, err
	}
	for _, path := range slices.Concat([]string{l.folder.Holdout()}, l.preset.TrainFiles, l.preset.EvalFiles) {
		if err := s.addAll(path); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// addFixed adds the files of a source tree that experiments may not change.
func (s Seal) addFixed(work string) error {
	return filepath.WalkDir(work, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("take the checksums of %s: %w", work, err)
		}
		name, err := filepath.Rel(work, path)
		if err != nil || !entry.Type().IsRegular() || mutable.Is(filepath.ToSlash(name)) {
			return err
		}
		return s.add(path)
	})
}

// addAll adds a file, or those of a folder; a preset that isn't on disk has none.
func (s Seal) addAll(path string) error {
	return filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("take the checksums of %s: %w", path, err)
		}
		if entry.IsDir() {
			return nil
		}
		return s.add(file)
	})
}

func (s Seal) add(path string) error {
	sum, err := Checksum(path)
	if err != nil {
		return fmt.Errorf("take the checksum of %s: %w", path, err)
	}
	s[path] = sum
	return nil
}

// CheckSeal compares all that verdicts rest on with its checksum. Without it no verdict
// is to be given.
func (l *Lab) CheckSeal() error { return l.seal.check() }

// SealFile adds a file to what verdicts rest on.
func (l *Lab) SealFile(path string) error { return l.seal.add(path) }

// check compares everything with its checksum. What differs is named.
func (s Seal) check() error {
	var changed []string
	for path, want := range s {
		got, err := Checksum(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			changed = append(changed, path+" (gone)")
		case err != nil:
			return fmt.Errorf("check %s: %w", path, err)
		case got != want:
			changed = append(changed, path)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	slices.Sort(changed)
	const shown = 5
	more := ""
	if len(changed) > shown {
		more = fmt.Sprintf(" and %d more", len(changed)-shown)
		changed = changed[:shown]
	}
	return fmt.Errorf("what the verdicts rest on has changed since the run began: %s%s; no verdict is given; if the change is yours, start another run with --tag NAME",
		strings.Join(changed, ", "), more)
}

// Checksum is a file's SHA-256, hexadecimal.
func Checksum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
