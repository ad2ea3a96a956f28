package workspace

import (
	"context"
	"errors"
	"time"
)

// Why [Run] ended a process; use errors.Is.
var (
	// ErrTimeout says that a process ran longer than its timeout.
	ErrTimeout = errors.New("process took longer than its timeout")
	// ErrStalled says that a process wrote no line for its stall timeout.
	ErrStalled = errors.New("process stopped making progress")
	// ErrInterrupted says that the context ended while a process ran.
	ErrInterrupted = errors.New("process was interrupted")
)

// Process describes a program to run.
type Process struct {
	Path         string
	Args         []string          // Without the program's name.
	Env          []string          // Added to the clean environment, "KEY=value".
	Dir          string            // Working folder.
	LogFile      string            // Gets stdout and stderr, capped; empty for none.
	Timeout      time.Duration     // Zero for none.
	StallTimeout time.Duration     // Longest time between two lines of stdout; zero for none.
	OnLine       func(line []byte) // Called with each line of stdout, in order; may be nil.
}

// Exit is how a process ended.
type Exit struct {
	Code     int           // Exit status; 128 + the signal's number if a signal ended it.
	Tail     string        // Last lines of stderr.
	MemoryGB float64       // Peak resident memory in GiB.
	Elapsed  time.Duration // Wall time.
}

// Run runs a process to its end. The error is nil whenever the process ended by itself, whatever its Exit.Code.
func Run(ctx context.Context, p Process) (Exit, error) { return Exit{}, errors.ErrUnsupported }
