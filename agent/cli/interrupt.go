package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/ternlab/ternlab/agent/bench"
)

const (
	// grace is how long the step in hand may go on after SIGTERM: who sends it, a
	// cluster's scheduler or a machine about to be taken away, kills soon after.
	grace = 8 * time.Second
	// lastMoment is when the process ends in any case, after it was told to stop at
	// once.
	lastMoment = 1500 * time.Millisecond
)

// errInterrupted says that a signal ended the command before it was done.
var errInterrupted = errors.New("interrupted")

// interrupts turns signals into an end of the command: after the step in hand
// where it has one that is worth finishing, at once after a second signal.
type interrupts struct {
	cancel context.CancelFunc // ends the command at once
	caught chan os.Signal

	mu     sync.Mutex
	finish func(signal os.Signal) // ends it in order; nil where there is nothing to finish
}

// catchInterrupts takes SIGINT (Ctrl-C) and SIGTERM over. The context ends when
// the command shall stop at once.
func catchInterrupts(ctx context.Context) (context.Context, *interrupts) {
	ctx, cancel := context.WithCancel(ctx)
	i := &interrupts{cancel: cancel, caught: make(chan os.Signal, 1)}
	signal.Notify(i.caught, os.Interrupt, syscall.SIGTERM)
	go func() {
		i.first(<-i.caught)
		<-i.caught
		i.stopNow()
	}()
	return ctx, i
}

// first lets the command finish its step, if it has one; after SIGTERM not for
// long.
func (i *interrupts) first(caught os.Signal) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.finish == nil {
		i.stopNow()
		return
	}
	i.finish(caught)
	if caught == syscall.SIGTERM {
		time.AfterFunc(grace, i.stopNow)
	}
}

// stopNow ends the command at once; one more signal, or a moment, ends the process.
func (i *interrupts) stopNow() {
	signal.Stop(i.caught)
	i.cancel()
	time.AfterFunc(lastMoment, func() { os.Exit(exitInterrupted) })
}

// finishStep makes the first signal end a run in order, and say so.
func (i *interrupts) finishStep(run *bench.Bench, screen *screen) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.finish = func(caught os.Signal) {
		step := run.Stop()
		switch {
		case step == "":
			screen.Say("stopping")
		case caught == syscall.SIGTERM:
			screen.Say("finishing " + step + ", for no longer than " + grace.String())
		default:
			screen.Say("finishing " + step + "; press Ctrl-C again to stop now")
		}
	}
}

// release gives the signals back.
func (i *interrupts) release() {
	signal.Stop(i.caught)
	i.cancel()
}
