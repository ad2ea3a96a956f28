package loop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// ErrStopped says that a run ended early because [Loop.Stop] asked it to.
var ErrStopped = errors.New("stopped in order")

// hand is what a run has in hand: the steps that take time, and whether others
// may begin.
type hand struct {
	mu      sync.Mutex
	steps   []string
	stopped bool
}

// Stop has the run end with [ErrStopped] when the steps in hand are done and
// journaled. It returns what these are, for people; nothing is empty. It may be
// called at any time, from any goroutine.
func (l *Loop) Stop() string {
	l.hand.mu.Lock()
	defer l.hand.mu.Unlock()
	l.hand.stopped = true
	return strings.Join(l.hand.steps, ", ")
}

// mayBegin is ErrStopped once the run was asked to end, and waits while the disk is
// full. What takes long asks first.
func (l *Loop) mayBegin(ctx context.Context) error {
	if l.isStopped() {
		return ErrStopped
	}
	return l.awaitSpace(ctx)
}

func (l *Loop) isStopped() bool {
	l.hand.mu.Lock()
	defer l.hand.mu.Unlock()
	return l.hand.stopped
}

// hold takes a step in hand until the returned function is called.
func (l *Loop) hold(step string) (done func()) {
	l.hand.mu.Lock()
	defer l.hand.mu.Unlock()
	l.hand.steps = append(l.hand.steps, step)
	return func() {
		l.hand.mu.Lock()
		defer l.hand.mu.Unlock()
		i := slices.Index(l.hand.steps, step)
		l.hand.steps = slices.Delete(l.hand.steps, i, i+1)
	}
}

// awaitSpace waits until the disk has room for a step.
func (l *Loop) awaitSpace(ctx context.Context) error {
	return l.lab.Disk().Await(ctx, l.screen, func() error {
		if l.isStopped() {
			return ErrStopped
		}
		return nil
	})
}

// afterFullDisk returns nil for an error that came of a full disk, once there is
// room and the step can be done again.
func (l *Loop) afterFullDisk(ctx context.Context, err error) error {
	if err == nil || !l.lab.Disk().Caused(err) {
		return err
	}
	if err := l.awaitSpace(ctx); err != nil {
		return err
	}
	if err := l.readJournal(); err != nil {
		return err
	}
	return l.finishDecided(ctx)
}
