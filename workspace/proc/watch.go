package proc

import (
	"context"
	"fmt"
	"time"

	"github.com/ternlab/ternlab/workspace/diskuse"
)

// maxFiles bounds what a process leaves behind in number, too: a file system can
// run out of them.
const maxFiles = 20_000

// watchInterval is the time between two looks. A process may exceed its limits by what
// it takes meanwhile.
const watchInterval = 100 * time.Millisecond

// watch looks, until ctx ends, at what a process takes that the system doesn't
// limit, and stops the process when it is too much.
func watch(ctx context.Context, p Process, pid int, members family, stop context.CancelCauseFunc) {
	if p.DiskBytes == 0 && p.Grant.Limits.MemoryBytes == 0 {
		return
	}
	held := diskuse.Watch{Folders: p.Grant.Write, Limit: diskuse.Limit{Bytes: p.DiskBytes, Files: maxFiles}}
	look := func() error {
		processes := members.processes(pid, p.Grant.Processes)
		if err := checkMemory(processes, p.Grant.Limits.MemoryBytes); err != nil {
			return err
		}
		if p.DiskBytes == 0 {
			return nil
		}
		if err := held.Look(processes); err != nil {
			return fmt.Errorf("%w: %w", ErrTooMuch, err)
		}
		return nil
	}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(watchInterval):
			}
			if err := look(); err != nil {
				stop(err)
				return
			}
		}
	}()
}

func checkMemory(processes []int, limit uint64) error {
	if limit == 0 {
		return nil
	}
	if used := residentMemory(processes); used > limit {
		return fmt.Errorf("%w: %.1f GiB of memory, its limit is %.1f", ErrTooMuch, gibibytes(used), gibibytes(limit))
	}
	return nil
}

func gibibytes(bytes uint64) float64 { return float64(bytes) / (1 << 30) }
