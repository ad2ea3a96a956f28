package local

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/trainer/backend/places"
	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// Runner is a [lab.Runner] of this machine.
type Runner struct {
	folder    runs.Folder
	protected []string // folders that no program is granted, nor one that holds them
	mode      string
	sandbox   sandbox.Sandbox
	processes processes
}

// New returns a runner for a run in that folder. No program is granted one of the
// protected folders, nor one that holds it, whatever the environment names for
// plugins, libraries or compilers. The sandbox is as [sandbox.Detect] takes it.
func New(folder runs.Folder, mode string, protected ...string) *Runner {
	if home, err := os.UserHomeDir(); err == nil {
		protected = append(protected, home)
	}
	return &Runner{
		folder: folder, protected: append(protected, string(folder)), mode: mode,
		processes: processes{file: folder.Processes()},
	}
}

// Slots is one where trainings use the machine's GPU, most of whose memory each takes.
func (r *Runner) Slots(backend string) int { return Slots(backend) }

// Slots is how many trials with a backend can run on this machine at the same time; 0
// is as many as are asked for.
func Slots(backend string) int {
	if places.This().UsesGPU(backend) {
		return 1
	}
	return 0
}

// Enclose finds out what keeps candidates in.
func (r *Runner) Enclose(ctx context.Context) (sandbox.Sandbox, error) {
	found, err := sandbox.Detect(ctx, r.mode)
	r.sandbox = found
	return found, err
}

// Run runs a job, and has it on record meanwhile.
func (r *Runner) Run(ctx context.Context, job lab.Job) (proc.Exit, error) {
	process := r.process(job)
	var leader proc.Leader
	var noted error
	process.OnStart = func(started proc.Leader) {
		leader = started
		noted = r.processes.add(started)
	}
	exit, err := proc.Run(ctx, process)
	if ended := r.processes.remove(leader); err == nil {
		err = errors.Join(noted, ended)
	}
	return exit, err
}

// process is a job as a process of this machine.
func (r *Runner) process(job lab.Job) proc.Process {
	needs := places.This().Files(job.Backend)
	process := proc.Process{
		Path: job.Program, Args: job.Args, Dir: job.Dir, LogFile: job.LogFile, OnLine: job.OnLine,
		Env:     slices.Concat(job.Env, []string{mark(r.folder), sandbox.Settled}),
		Timeout: job.Limits.Time, StallTimeout: job.Limits.Silence, DiskBytes: job.Limits.DiskBytes,
	}
	if job.Share.Of > 1 {
		process.CPUs = proc.ShareCPUs(job.Share.Of)[job.Share.Index]
		// where nothing ties a program to processors
		process.Env = append(process.Env, "GOMAXPROCS="+strconv.Itoa(len(process.CPUs)))
	}
	if job.Role != lab.TrustedRole {
		process.Env = append(process.Env, needs.Environment()...)
		process.Sandbox, process.Grant = r.sandbox, r.grant(job, needs)
	}
	return process
}

// grant is all that a job reaches: its own file, what it reads, its backend; it writes
// to its one folder alone. The run's records, the repository and the user's files are
// not among it.
func (r *Runner) grant(job lab.Job, needs places.Files) sandbox.Grant {
	grant := TrainerGrant(job.Program, needs, job.Read...)
	grant.Read = sandbox.WithoutHolders(grant.Read, r.protected)
	if job.Write != "" {
		grant.Write = []string{job.Write}
	}
	grant.Limits.MemoryBytes /= uint64(job.Share.Ways()) //nolint:gosec // it is a small number
	if job.Role == lab.EvaluatingRole {
		grant.Limits.FileBytes = 1 << 20
		if grant.Limits.MemoryBytes > 0 {
			grant.Limits.MemoryBytes = min(grant.Limits.MemoryBytes, withStacks(job.Limits.MemoryBytes))
		}
	}
	return grant
}

// withStacks adds the stacks of a program's threads, which grow with the machine, to a
// limit of its memory in bytes.
func withStacks(limit uint64) uint64 {
	const thread = 32 << 20
	if limit == 0 {
		return math.MaxUint64
	}
	return limit + thread*uint64(runtime.NumCPU()) //nolint:gosec // it is positive
}

// TrainerGrant is what a trainer's binary has to read, wherever it writes: presets,
// and what its backend needs.
func TrainerGrant(trainer string, needs places.Files, presets ...string) sandbox.Grant {
	grant := sandbox.Grant{
		Read:    slices.Concat([]string{trainer}, presets, needs.Read, needs.System),
		Devices: needs.Devices,
		Limits:  sandbox.Limits{MemoryBytes: proc.MachineMemory() / 10 * 9, FileBytes: 4 << 30, Threads: 4096, OpenFiles: 1024},
	}
	if len(needs.Devices) > 0 {
		grant.Processes = true       // XLA's compiler for CUDA starts the assembler
		grant.Limits.MemoryBytes = 0 // the driver reserves far more than it takes
	}
	return grant
}
