package cli

import (
	"context"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// taken makes interrupts of a command that finishes its step, or of one that
// has none.
func taken(t *testing.T, hasStep bool) (ctx context.Context, i *interrupts, asked *[]os.Signal) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	asked = new([]os.Signal)
	i = &interrupts{cancel: cancel, caught: make(chan os.Signal, 1)}
	if hasStep {
		i.finish = func(s os.Signal) { *asked = append(*asked, s) }
	}
	return ctx, i, asked
}

func TestCtrlCLeavesTheStepItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, i, asked := taken(t, true)
		i.first(os.Interrupt)
		time.Sleep(time.Hour)
		if len(*asked) != 1 || ctx.Err() != nil {
			t.Errorf("after one Ctrl-C and an hour: asked %v to end in order, context %v", *asked, ctx.Err())
		}
	})
}

func TestSIGTERMEndsTheStepWithinTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, i, asked := taken(t, true)
		began := time.Now()
		i.first(syscall.SIGTERM)
		if len(*asked) != 1 || ctx.Err() != nil {
			t.Errorf("at once: asked %v to end in order, context %v", *asked, ctx.Err())
		}
		<-ctx.Done()
		if took := time.Since(began) + lastMoment; took < grace || took >= 10*time.Second {
			t.Errorf("the process may live for %s, want some more than %s and less than 10 s", took, grace)
		}
	})
}

func TestWithoutAStepASignalEndsTheCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, i, _ := taken(t, false)
		i.first(os.Interrupt)
		if ctx.Err() == nil {
			t.Error("the command goes on")
		}
	})
}
