package bench

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// ErrStopped says that a run ended early because [Bench.Stop] asked it to.
var ErrStopped = errors.New("stopped in order")

// work is what a run has in hand: the steps that take time, and whether others
// may begin.
type work struct {
	mu      sync.Mutex
	steps   []string
	stopped bool
}

// Stop has the run end with [ErrStopped] when the steps in hand are done and
// journaled. It returns what these are, for people; nothing is empty. It may be
// called at any time, from any goroutine.
func (b *Bench) Stop() string {
	b.work.mu.Lock()
	defer b.work.mu.Unlock()
	b.work.stopped = true
	return strings.Join(b.work.steps, ", ")
}

// MayBegin is ErrStopped once the run was asked to end, and waits while the disk is
// full. What takes long asks first.
func (b *Bench) MayBegin(ctx context.Context) error {
	if b.isStopped() {
		return ErrStopped
	}
	return b.AwaitSpace(ctx)
}

func (b *Bench) isStopped() bool {
	b.work.mu.Lock()
	defer b.work.mu.Unlock()
	return b.work.stopped
}

// Working takes a step in hand until the returned function is called.
func (b *Bench) Working(step string) (done func()) {
	b.work.mu.Lock()
	defer b.work.mu.Unlock()
	b.work.steps = append(b.work.steps, step)
	return func() {
		b.work.mu.Lock()
		defer b.work.mu.Unlock()
		i := slices.Index(b.work.steps, step)
		b.work.steps = slices.Delete(b.work.steps, i, i+1)
	}
}

// AwaitSpace waits until the disk has room for a step.
func (b *Bench) AwaitSpace(ctx context.Context) error {
	return b.Lab.Disk().Await(ctx, b.Observer, func() error {
		if b.isStopped() {
			return ErrStopped
		}
		return nil
	})
}

// Recover returns nil for an error that came of a full disk, once there is room, the
// journal takes records again and the step can be done again.
func (b *Bench) Recover(ctx context.Context, err error) error {
	if err == nil || !b.Lab.Disk().Caused(err) {
		return err
	}
	if err := b.AwaitSpace(ctx); err != nil {
		return err
	}
	return b.readJournal() // it takes no more after a failed write
}
