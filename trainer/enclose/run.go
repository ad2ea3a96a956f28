package enclose

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/ternlab/ternlab/trainer/command/train"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// run trains in the sandbox, shows what that says, and returns its exit code.
func run(ctx context.Context, kept sandbox.Sandbox, training train.Enclosed) (code int, err error) {
	reached, err := reachOf(training)
	if err != nil {
		return 0, err
	}
	made, err := makeFolder(training.Out)
	if err != nil {
		return 0, err
	}
	if made {
		defer func() { _ = os.Remove(training.Out) }() // it stays, unless nothing came of the training
	}
	if err := sandbox.HideMemory(); err != nil {
		return 0, err
	}
	runtime.LockOSThread() // a child is killed when the thread that started it ends
	defer runtime.UnlockOSThread()
	process, err := kept.Command(ctx, reached.grant, reached.program, arguments(os.Args[1:])...)
	if err != nil {
		return 0, err
	}
	process.Env = append(append(sandbox.Environment(), reached.env...), sandbox.Settled)
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) } // to end as it would by itself
	shown := newScreen(training)
	wait, err := shown.follow(process.Cmd)
	if err != nil {
		return 0, err
	}
	shown.say("sandbox: " + kept.String())
	if kept.Missed != "" {
		shown.say("  no stricter one works here (" + kept.Missed + ")")
	}
	if err := errors.Join(process.Start(), process.Started()); err != nil {
		return 0, errors.Join(fmt.Errorf("start the sandbox: %w", err), process.Problem())
	}
	wait()
	err = process.Wait() // an exit code other than 0 is no error of ours
	shown.end()
	if problem := process.Problem(); problem != nil {
		return 0, problem
	}
	if process.ProcessState == nil {
		return 0, fmt.Errorf("wait for the training: %w", err)
	}
	return exitCode(process.ProcessState), nil
}

// arguments are those of the process in the sandbox: it reports events. A last "--",
// which ends the flags and says nothing else, would hide that.
func arguments(given []string) []string {
	if last := len(given) - 1; last >= 0 && given[last] == "--" {
		given = given[:last]
	}
	return append(given[:len(given):len(given)], "--progress", "json")
}

// exitCode is the exit code as a shell counts it. That a signal ended the training is
// said here: nobody else did.
func exitCode(state *os.ProcessState) int {
	const signaled = 128
	code := state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = signaled + int(status.Signal())
	}
	if code <= signaled || code == signaled+int(syscall.SIGINT) {
		return code
	}
	signal := syscall.Signal(code - signaled)
	hint := ""
	if signal == syscall.SIGKILL {
		hint = "; when memory runs out, the system does that"
	}
	_, _ = fmt.Fprintf(os.Stderr, "trainer: the training was ended by a signal: %s%s\n", signal, hint)
	return code
}
