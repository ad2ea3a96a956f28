package lab

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// What an export may hold, whatever the model: the evaluator knows more exactly, but
// nothing beyond this is handed to it.
const (
	exportFiles = 8
	exportBytes = 4<<30 + 1<<20 // the largest file that a training may write, and some text
)

// mustBePlain refuses an export that holds anything but a few files of a bounded size:
// a link could lead the evaluator to another experiment's model, a pipe hold it up,
// a folder or a hidden file hold what nobody counts.
func mustBePlain(folder string) error {
	if info, err := os.Lstat(folder); err != nil || !info.IsDir() {
		return errors.Join(errors.New("no export was written"), err)
	}
	directory, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("no export was written: %w", err)
	}
	defer func() { _ = directory.Close() }() // it was only read
	entries, err := directory.ReadDir(exportFiles + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("no export was written: %w", err)
	}
	if len(entries) > exportFiles {
		return fmt.Errorf("the export has more than %d files", exportFiles)
	}
	var size int64
	for _, entry := range entries {
		info, err := entry.Info()
		switch {
		case err != nil:
			return fmt.Errorf("look at the export: %w", err)
		case !info.Mode().IsRegular():
			return fmt.Errorf("%q in the export is no plain file", entry.Name())
		case strings.HasPrefix(entry.Name(), "."):
			return fmt.Errorf("%q in the export is hidden", entry.Name())
		}
		size += info.Size()
	}
	if size > exportBytes {
		return fmt.Errorf("the export has %d bytes, want at most %d", size, int64(exportBytes))
	}
	return nil
}
