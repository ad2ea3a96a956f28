package loop

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/ternlab/ternlab/diskspace"
)

// leastFree is what the run's disk must have free, in bytes, before a step begins.
// It is more than a step of the nano preset writes; SmolLM's exports are 80 MB.
const leastFree = 500e6

// errDiskFull says that a step failed while the disk was full, so that nobody
// knows what it would have come to.
var errDiskFull = errors.New("the disk is full")

// diskIsFull tells whether the run's disk has no room for a step.
func (l *Loop) diskIsFull() (full bool, free uint64) {
	free, err := diskspace.Free(string(l.folder))
	return err == nil && free < leastFree, free
}

// awaitSpace waits until the disk has room for a step, and tells what it waits
// for.
func (l *Loop) awaitSpace(ctx context.Context) error {
	const pause = time.Second
	for said := false; ; said = true {
		full, free := l.diskIsFull()
		if !full {
			if said {
				l.screen.Say("the disk has room again; going on")
			}
			return nil
		}
		if !said {
			l.screen.Say(fmt.Sprintf("the disk is full: %d MB are free and a step needs %d; waiting for more; "+
				"remove what you can spare, or press Ctrl-C: the run goes on later (--keep-exports champion keeps the fewest models)",
				free/1e6, int(leastFree/1e6)))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		if l.isStopped() {
			return ErrStopped
		}
	}
}

// forWantOfSpace takes a failure off the candidate if the disk is full: it may
// have been that.
func (l *Loop) forWantOfSpace(err error) error {
	if full, _ := l.diskIsFull(); !full || asCrash(err) == nil {
		return err
	}
	return fmt.Errorf("%w: %s", errDiskFull, err.Error()) // no crash any more
}

// afterFullDisk returns nil for an error that came of a full disk, once there is
// room and the step can be done again.
func (l *Loop) afterFullDisk(ctx context.Context, err error) error {
	full, _ := l.diskIsFull()
	ofDisk := errors.Is(err, errDiskFull) || errors.Is(err, syscall.ENOSPC)
	if !full || !ofDisk {
		return err
	}
	if err := l.awaitSpace(ctx); err != nil {
		return err
	}
	_ = l.journal.Close() // takes no more after a failed write; what it has is on the disk
	if err := l.readJournal(); err != nil {
		return err
	}
	return l.finishDecided(ctx)
}
