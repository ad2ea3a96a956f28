package enclose

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/ternlab/ternlab/trainer/command"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/train"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

func init() { //nolint:gochecknoinits // nothing else comes before the initializers of the mutable package
	if os.Args[0] == sandbox.InitName {
		sandbox.Init()
	}
	if testing.Testing() || slices.Contains(os.Environ(), sandbox.Settled) {
		return
	}
	type end struct {
		code int
		done bool
	}
	ended := make(chan end)
	go func() { // the goroutine of an init is tied to one thread, and slow
		code, done := command.Outside(start)
		ended <- end{code, done}
	}()
	if e := <-ended; e.done {
		os.Exit(e.code)
	}
}

// start has this same program train in the sandbox, and returns its exit code. It
// isn't done where no sandbox is wanted.
func start(ctx context.Context, training train.Enclosed) (code int, done bool, err error) {
	if err := sandbox.ParseMode(training.Sandbox); err != nil {
		return 0, true, program.Misuse(err)
	}
	kept, err := sandbox.Detect(ctx, training.Sandbox)
	if err != nil {
		return 0, true, err
	}
	if !kept.On() {
		return 0, false, nil
	}
	code, err = run(ctx, kept, training)
	return code, true, err
}
