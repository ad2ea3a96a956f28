package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Command is a program about to run in the sandbox.
type Command struct {
	*exec.Cmd
}

// seatbeltProgram is part of macOS.
const seatbeltProgram = "/usr/bin/sandbox-exec"

// Command prepares a program. Whoever starts it calls Started afterwards and, at
// the end, Problem.
func (s Sandbox) Command(ctx context.Context, grant Grant, path string, args ...string) (*Command, error) {
	command := exec.CommandContext(ctx, path, args...)
	if s.On() {
		command = exec.CommandContext(ctx, seatbeltProgram, append([]string{"-p", seatbeltProfile(grant, path), path}, args...)...)
	}
	command.Dir = grant.Dir
	return &Command{command}, nil
}

// Started has nothing to do here.
func (*Command) Started() error { return nil }

// Problem has nothing to tell: sandbox-exec's own message is on stderr.
func (*Command) Problem() error { return nil }

// Init is for Linux.
func Init() {
	fmt.Fprintln(os.Stderr, InitName+" is for Linux")
	os.Exit(1)
}

// HideMemory has nothing to do: macOS keeps a process's memory from others.
func HideMemory() error { return nil }

// Detect finds out whether sandbox-exec works, as a person asked for. The error
// is [ErrNone].
func Detect(ctx context.Context, mode string) (Sandbox, error) {
	switch mode {
	case string(Off):
		return Sandbox{Level: Off}, nil
	case Auto:
	default:
		return Sandbox{}, fmt.Errorf("%w: %s is for Linux; use --sandbox auto", ErrNone, mode)
	}
	found := Sandbox{Level: Seatbelt}
	command, err := found.Command(ctx, Grant{}, "/usr/bin/true")
	if err == nil {
		err = command.Run()
	}
	if err != nil {
		return Sandbox{}, fmt.Errorf("%w: sandbox-exec: %w; --sandbox off runs experiments with all your rights", ErrNone, err)
	}
	return found, nil
}
