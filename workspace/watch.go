package workspace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// maxFiles bounds what a process leaves behind in number, too: a file system can
// run out of them.
const maxFiles = 20_000

// errTooMany ends a count that has gone far enough.
var errTooMany = errors.New("too many files")

// watch looks, until ctx ends, at what a process takes that the system doesn't
// limit, and stops the process when it is too much.
func watch(ctx context.Context, p Process, pid int, stop context.CancelCauseFunc) {
	const interval = 200 * time.Millisecond
	if p.DiskBytes == 0 && p.Grant.Limits.MemoryBytes == 0 {
		return
	}
	look := func() error {
		if err := checkMemory(pid, p.Grant.Limits.MemoryBytes); err != nil {
			return err
		}
		return checkDisk(p.Grant.Write, p.DiskBytes)
	}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(interval):
			}
			if err := look(); err != nil {
				stop(err)
				return
			}
		}
	}()
}

func checkMemory(pid int, limit uint64) error {
	if limit == 0 {
		return nil
	}
	if used := residentMemory(pid); used > limit {
		return fmt.Errorf("%w: %.1f GiB of memory, its limit is %.1f", ErrTooMuch, gibibytes(used), gibibytes(limit))
	}
	return nil
}

// checkDisk looks at files as a directory listing has them: one with holes counts
// in full, since reading it does.
func checkDisk(folders []string, limit int64) error {
	if limit == 0 {
		return nil
	}
	var bytes int64
	files := 0
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // it has gone in the meantime, or was made unreadable: then it holds little
			}
			if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
				bytes += info.Size()
			}
			if files++; files > maxFiles {
				return errTooMany
			}
			return nil
		})
		if errors.Is(err, errTooMany) {
			return fmt.Errorf("%w: more than %d files", ErrTooMuch, maxFiles)
		}
	}
	if bytes > limit {
		return fmt.Errorf("%w: %.1f GiB on disk, its limit is %.1f", ErrTooMuch, gibibytes(bytes), gibibytes(limit))
	}
	return nil
}

func gibibytes[T int64 | uint64](bytes T) float64 { return float64(bytes) / (1 << 30) }
