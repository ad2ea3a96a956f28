package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// Command is a program about to run in the sandbox.
type Command struct {
	*exec.Cmd
	report [2]*os.File // where Init says why the program didn't start; nil without a sandbox
}

// Command prepares a program. Whoever starts it calls Started afterwards and, at
// the end, Problem.
func (s Sandbox) Command(ctx context.Context, grant Grant, path string, args ...string) (*Command, error) {
	if !s.On() {
		command := exec.CommandContext(ctx, path, args...)
		command.Dir = grant.Dir
		return &Command{Cmd: command}, nil
	}
	text, err := plan{Level: s.Level, LandlockABI: s.LandlockABI, Grant: grant, Path: path, Args: args}.encode()
	if err != nil {
		return nil, fmt.Errorf("write the sandbox's plan: %w", err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	// This program's own file, even if another one has taken its place since.
	command := exec.CommandContext(ctx, "/proc/self/exe")
	command.Args = []string{InitName, text}
	command.Dir = "/"
	command.ExtraFiles = []*os.File{writer}                                // descriptor reportFD
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // as early as that
	return &Command{Cmd: command, report: [2]*os.File{reader, writer}}, nil
}

// Started has to be called after Start, whether that failed or not.
func (c *Command) Started() error {
	if c.report[1] == nil {
		return nil
	}
	return c.report[1].Close()
}

// Problem says, after Wait, why the program was never started, if so.
func (c *Command) Problem() error {
	if c.report[0] == nil {
		return nil
	}
	const longest = 4 << 10
	text, err := io.ReadAll(io.LimitReader(c.report[0], longest))
	if err := errors.Join(err, c.report[0].Close()); err != nil {
		return fmt.Errorf("read the sandbox's report: %w", err)
	}
	if len(text) == 0 {
		return nil
	}
	return fmt.Errorf("start the sandbox: %s", strings.ToValidUTF8(string(text), "?"))
}
