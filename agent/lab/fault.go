package lab

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/workspace/proc"
)

// Class says at which step, and how, a recipe failed.
type Class string

// The classes of faults, under the names that the journal has for them.
const (
	Guarded         Class = "guard"            // What its build needs reaches beyond what may change.
	NoBuild         Class = "no-build"         // It doesn't compile.
	TimedOut        Class = "timeout"          // The training took too long.
	Stalled         Class = "stalled"          // The training made no progress.
	OverLimit       Class = "limit"            // The training took more memory, disk or tokens than it may.
	Diverged        Class = "diverged"         // The loss is NaN, infinite or exploded.
	TrainFailed     Class = "train-failed"     // The training failed in another way.
	EvaluateRefused Class = "evaluate-refused" // The evaluator doesn't accept the export.
)

// FaultError is an error that is the recipe's own: it ends its trial, not the run.
type FaultError struct {
	Class Class
	Err   error
}

// Error is what went wrong, for people.
func (f *FaultError) Error() string { return f.Err.Error() }

// Unwrap returns the error itself.
func (f *FaultError) Unwrap() error { return f.Err }

// AsFault returns the fault in an error, or nil.
func AsFault(err error) *FaultError {
	var fault *FaultError
	if errors.As(err, &fault) {
		return fault
	}
	return nil
}

// ended turns how a job was ended into a fault, where that was the recipe's.
func ended(err error, limits Limits) error {
	switch {
	case errors.Is(err, proc.ErrTimeout):
		return &FaultError{TimedOut, fmt.Errorf("took longer than its limit of %s", limits.Time)}
	case errors.Is(err, proc.ErrTooMuch):
		return &FaultError{OverLimit, err}
	case errors.Is(err, proc.ErrStalled):
		return &FaultError{Stalled, fmt.Errorf("showed no progress for %s", limits.Silence)}
	}
	return err
}

// trainFailure says why a training failed, from its exit code and what it printed last.
// Both are the candidate's: that a training diverged is what it says, and a name for
// people; both classes are alike to whoever decides.
func (l *Lab) trainFailure(exit proc.Exit) error {
	reason := lastWords(exit.Tail, "trainer: ")
	class := TrainFailed
	if exit.Code == contract.ExitDiverged || l.protocol.Contract == 0 && strings.Contains(reason, "diverged") && !isDeath(reason) {
		class = Diverged
	}
	return &FaultError{class, exitError(exit, reason)}
}

// exitError puts a process's own words before its exit status.
func exitError(exit proc.Exit, reason string) error {
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
