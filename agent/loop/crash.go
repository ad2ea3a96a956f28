package loop

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace"
)

// crash is an error that is the candidate's own fault. It ends the experiment,
// not the run.
type crash struct {
	class journal.FailureClass
	err   error
}

func (e *crash) Error() string { return e.err.Error() }

func (e *crash) Unwrap() error { return e.err }

// asCrash returns the crash in an error, or nil.
func asCrash(err error) *crash {
	var c *crash
	if errors.As(err, &c) {
		return c
	}
	return nil
}

// ended turns how a process was ended into a crash, where that was the
// candidate's fault.
func ended(err error, p workspace.Process) error {
	switch {
	case errors.Is(err, workspace.ErrTimeout):
		return &crash{journal.FailureTimeout, fmt.Errorf("took longer than its limit of %s", p.Timeout)}
	case errors.Is(err, workspace.ErrTooMuch):
		return &crash{journal.FailureLimit, err}
	case errors.Is(err, workspace.ErrStalled):
		return &crash{journal.FailureStalled, fmt.Errorf("showed no progress for %s", p.StallTimeout)}
	}
	return err
}

// trainFailure says why a training failed, from what it printed last. These are the
// candidate's words: that a training diverged is what it says, and a name for
// people; both classes are alike to whoever decides.
func trainFailure(exit workspace.Exit) error {
	reason := lastWords(exit.Tail, "trainer: ")
	class := journal.FailureTrainFailed
	if strings.Contains(reason, "diverged") && !isDeath(reason) {
		class = journal.FailureDiverged
	}
	return &crash{class, exitError(exit, reason)}
}

// exitError puts a process's own words before its exit status.
func exitError(exit workspace.Exit, reason string) error {
	const killed = 128 + 9
	switch {
	case exit.Code == killed:
		return errors.New("killed, as the system does when memory runs out")
	case reason == "":
		return fmt.Errorf("exit status %d without a word", exit.Code)
	}
	return errors.New(reason)
}

// lastWords picks the line of a process's stderr that says why it failed: a
// panic's first line, else the last line, without the program's own prefix.
func lastWords(tail, prefix string) string {
	last := ""
	for line := range strings.Lines(tail) {
		line = strings.TrimSpace(line)
		if isDeath(line) {
			return line
		}
		if line != "" {
			last = line
		}
	}
	return strings.TrimPrefix(last, prefix)
}

// isDeath tells whether a line is that with which a Go program dies.
func isDeath(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}
