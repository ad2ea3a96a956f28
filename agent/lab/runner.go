package lab

import (
	"context"
	"time"

	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// Runner runs the programs of a run, here or elsewhere. Its methods may be called by
// several goroutines at once.
type Runner interface {
	// Slots is how many trials with a backend can run at the same time; 0 is as many
	// as are asked for.
	Slots(backend string) int
	// Enclose finds out what keeps candidates in. Jobs run once that is known.
	Enclose(ctx context.Context) (sandbox.Sandbox, error)
	// Run runs a job to its end, however it ends by itself. Its other errors are those
	// of [proc.Run].
	Run(ctx context.Context, job Job) (proc.Exit, error)
	// Reap ends what an agent that was killed has left running of the run, and returns
	// how many programs that were.
	Reap() (int, error)
}

// Job is one program to run.
type Job struct {
	Program string   // Path of a binary in the run's folder.
	Args    []string // Without the program's name.
	Env     []string // "KEY=value", beside what the runner knows a program needs.
	Dir     string   // Working folder.
	LogFile string   // Gets what it prints; empty for none.
	Backend string   // As --backend takes it.

	Role  Role
	Read  []string // Files and folders that it reads besides itself and its backend.
	Write string   // The one folder that it may write to; empty for none.

	Share  Share
	Limits Limits
	OnLine func(line []byte) // Called with each line of its output; may be nil.
}

// Role says how far a program is trusted.
type Role int

// The roles.
const (
	// TrustedRole: the program comes from the run's base commit and sees no candidate's
	// files. It isn't kept in.
	TrustedRole Role = iota
	// EvaluatingRole: the program comes from the run's base commit, but what it reads may
	// have been made to break it.
	EvaluatingRole
	// TrainingRole: the program runs a candidate's code.
	TrainingRole
)

// Share is the part of a machine that a job gets: the one with an index, from 0, of so
// many that run at the same time. The zero value is all of it.
type Share struct{ Index, Of int }

// Ways is into how many parts the machine is divided.
func (s Share) Ways() int { return max(1, s.Of) }

// Limits bound what a job takes. Zero is no limit beyond the machine's.
type Limits struct {
	Time        time.Duration
	Silence     time.Duration // Longest time without a line.
	MemoryBytes uint64        // Without the stacks of its threads, which grow with the machine.
	DiskBytes   int64         // Of the folder that it writes to.
}
