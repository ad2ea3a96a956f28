package backend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gomlx/compute"
)

// SelfTestCommand is the hidden command of a program that opens backends. Its
// argument is ENGINE:FILE; it opens that with [OpenForSelfTest] and compares a
// training step with the go backend's, as package selftest does.
const SelfTestCommand = "self-test"

// selfTestVariable marks the self-test's process, so that it starts no other.
const selfTestVariable = "TERNLAB_SELF_TEST"

// selfTestTime is the longest that a self-test may take. It compiles one
// small layer.
const selfTestTime = 2 * time.Minute

// OpenForSelfTest opens xla, cuda or metal with a plugin's file, without the
// checks of [Open] and without TF32: cuda's fast matrix products differ from
// float32's by more than the self-test allows.
func OpenForSelfTest(engine, file string) (compute.Backend, error) {
	return openPlugin(engine, file, "notf32")
}

// prove runs the self-test of a plugin in a process of its own, which a bad
// plugin may take down.
func (m machine) prove(engine, file string) error {
	if m.Env(selfTestVariable) != "" {
		return errors.New("a self-test must not start another")
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("self-test %s: %w", engine, err)
	}
	ctx, stop := context.WithTimeout(context.Background(), selfTestTime)
	defer stop()
	command := exec.CommandContext(ctx, program, SelfTestCommand, engine+":"+file)
	command.Args[0] = os.Args[0] // a program may go by the name that it was started by
	command.Env = append(os.Environ(), selfTestVariable+"=1")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	err = command.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return m.broken(engine, file, fmt.Sprintf("its self-test took longer than %s", selfTestTime))
	case errors.As(err, &exit):
		return m.broken(engine, file, failure(exit, stderr.String()))
	}
	return fmt.Errorf("self-test %s: %w", engine, err)
}

// failure says in one line what a self-test failed of. With exit code 1 its
// last line says that; otherwise it crashed, and Go's runtime says of what
// before it lists the stacks.
func failure(exit *exec.ExitError, output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if exit.ExitCode() == 1 {
		return strings.TrimPrefix(lines[len(lines)-1], filepath.Base(os.Args[0])+": ")
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "SIG") || strings.HasPrefix(line, "fatal error:") || strings.HasPrefix(line, "panic:") {
			return "its self-test crashed: " + line
		}
	}
	return "its self-test crashed: " + exit.String()
}
