package lab

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/ternlab/ternlab/workspace/diskspace"
)

// leastFree is what the run's disk must have free, in bytes, before a step begins.
// It is more than a step of a small model writes; exports of 135 million weights are 80 MB.
const leastFree = 500e6

// ErrDiskFull says that a step failed while the disk was full, so that nobody
// knows what it would have come to.
var ErrDiskFull = errors.New("the disk is full")

// Disk is the one that a run's folder is on.
type Disk struct{ folder string }

// Disk returns the disk that the lab's programs write to.
func (l *Lab) Disk() Disk { return l.disk }

// isFull tells whether the disk has no room for a step.
func (d Disk) isFull() (full bool, free uint64) {
	free, err := diskspace.Free(d.folder)
	return err == nil && free < leastFree, free
}

// Await waits until the disk has room for a step, and tells what it waits for. It
// gives up with the error that may returns.
func (d Disk) Await(ctx context.Context, screen Screen, may func() error) error {
	const pause = time.Second
	for said := false; ; said = true {
		full, free := d.isFull()
		if !full {
			if said {
				screen.Say("the disk has room again; going on")
			}
			return nil
		}
		if !said {
			screen.Say(fmt.Sprintf("the disk is full: %d MB are free and a step needs %d; waiting for more; "+
				"remove what you can spare, or press Ctrl-C: the run goes on later (--keep-exports champion keeps the fewest models)",
				free/1e6, int(leastFree/1e6)))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		if err := may(); err != nil {
			return err
		}
	}
}

// Caused tells whether the disk, which is full, caused an error.
func (d Disk) Caused(err error) bool {
	full, _ := d.isFull()
	return full && (errors.Is(err, ErrDiskFull) || errors.Is(err, syscall.ENOSPC))
}

// blame takes a fault off the recipe if the disk is full: it may have been that.
func (d Disk) blame(err error) error {
	if full, _ := d.isFull(); !full || AsFault(err) == nil {
		return err
	}
	return fmt.Errorf("%w: %s", ErrDiskFull, err.Error()) // no fault any more
}
