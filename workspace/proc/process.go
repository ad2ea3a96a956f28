package proc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/ternlab/ternlab/workspace/sandbox"
	"github.com/ternlab/ternlab/workspace/secrets"
)

// Why [Run] ended a process; use errors.Is.
var (
	// ErrTimeout says that a process ran longer than its timeout.
	ErrTimeout = errors.New("process took longer than its timeout")
	// ErrStalled says that a process wrote no line for its stall timeout.
	ErrStalled = errors.New("process stopped making progress")
	// ErrInterrupted says that the context ended while a process ran.
	ErrInterrupted = errors.New("process was interrupted")
	// ErrTooMuch says that a process took more memory or disk than it may.
	ErrTooMuch = errors.New("process took more than its share")
)

// Process describes a program to run. Its input is empty and its environment
// holds the variables of [sandbox.Environment] and Env, nothing else. Secrets of the
// agent's environment are masked in what it leaves in log and tail.
type Process struct {
	Path         string
	Args         []string          // Without the program's name.
	Env          []string          // "KEY=value"; outranks the clean environment.
	Dir          string            // Working folder.
	LogFile      string            // Gets stdout and stderr, at most 4 MiB; empty for none.
	Timeout      time.Duration     // Zero for none.
	StallTimeout time.Duration     // Longest time without a line on stdout; zero for none.
	Sandbox      sandbox.Sandbox   // What keeps the process in; the zero value is nothing.
	Grant        sandbox.Grant     // All that it reaches in the sandbox. Dir and, of Limits, memory and disk hold without one, too.
	DiskBytes    int64             // Most that the folders of Grant.Write may hold together; zero for no limit.
	CPUs         []int             // The processors that it may use, on Linux; none: all that the agent may.
	OnStart      func(Leader)      // Called once it runs; may be nil.
	OnLine       func(line []byte) // Called with each line of stdout, in order, without its end; may be nil. The line is valid during the call only, and cut at 64 KiB.
}

// Exit is how a process ended.
type Exit struct {
	Code int    // Exit status; 128 + the signal's number if a signal ended it.
	Tail string // The last lines of stderr, at most 60.
	// MemoryBytes is the peak resident memory of the process or its largest child; on
	// Linux never less than the agent's own. 0 is not known.
	MemoryBytes uint64
	Elapsed     time.Duration // Wall time.
}

// Run runs a process and waits for it. When Run returns, everything that the
// process started is dead, too: its process group, and on Linux also what moved
// to another session, as long as it kept its environment. Also on Linux, the
// process dies when the agent is killed.
//
// The error is nil whenever the process ended by itself, whatever its
// [Exit].Code. It is [ErrTimeout], [ErrStalled], [ErrTooMuch] or
// [ErrInterrupted] when Run ended it, and then Exit is filled, too; any other error says that it could not
// be started or its log not be written.
func Run(ctx context.Context, p Process) (Exit, error) {
	// A child is killed when the thread that started it ends, so this thread
	// has to stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	output, err := openOutput(p)
	if err != nil {
		return Exit{}, fmt.Errorf("run %s: %w", p.Path, err)
	}
	exit, err := supervise(ctx, p, output)
	if closeErr := output.close(); closeErr != nil && err == nil {
		err = fmt.Errorf("write %s: %w", p.LogFile, closeErr)
	}
	hidden := secrets.OfEnvironment()
	exit.Tail = hidden.Clean(output.tail.String())
	err = errors.Join(err, cleanLog(p.LogFile, hidden))
	if err != nil {
		return exit, fmt.Errorf("run %s: %w", p.Path, err)
	}
	return exit, nil
}

// cleanLog masks secrets in a log. That is done at the end, because a secret may be
// spread over several lines.
func cleanLog(file string, hidden secrets.Redactor) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("look for secrets in the log: %w", err)
	}
	cleaned := hidden.Clean(string(text))
	if cleaned == string(text) {
		return nil
	}
	if err := os.WriteFile(file, []byte(cleaned), 0o644); err != nil {
		return fmt.Errorf("mask secrets in the log: %w", err)
	}
	return nil
}

func supervise(ctx context.Context, p Process, output *output) (Exit, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if p.Timeout > 0 {
		defer time.AfterFunc(p.Timeout, func() {
			stop(fmt.Errorf("%w of %s", ErrTimeout, p.Timeout))
		}).Stop()
	}
	if p.StallTimeout > 0 {
		watchdog := time.AfterFunc(p.StallTimeout, func() {
			stop(fmt.Errorf("%w: no output for %s", ErrStalled, p.StallTimeout))
		})
		defer watchdog.Stop()
		output.onProgress = func() { watchdog.Reset(p.StallTimeout) }
	}
	family := newFamily()
	p.Grant.Dir = p.Dir
	command, err := p.Sandbox.Command(ctx, p.Grant, p.Path, p.Args...)
	if err != nil {
		return Exit{}, err
	}
	command.Env = append(append(sandbox.Environment(), p.Env...), family.mark)
	command.SysProcAttr = processAttributes()
	command.Cancel = func() error { return family.kill(command.Process.Pid) }

	began := time.Now()
	err = onCPUs(p.CPUs, func() error { return errors.Join(output.start(command.Cmd), command.Started()) })
	if err != nil {
		return Exit{}, errors.Join(interruptedOr(ctx, err), command.Problem())
	}
	if p.OnStart != nil {
		p.OnStart(leaderOf(command.Process.Pid))
	}
	watch(ctx, p, command.Process.Pid, family, stop)
	err = command.Wait()
	// Only now does the output end: descendants may still hold it open.
	killErr := family.kill(command.Process.Pid)
	output.wait()
	exit := Exit{Elapsed: time.Since(began)}
	exit.Code, exit.MemoryBytes = usage(command.ProcessState)
	if problem := command.Problem(); problem != nil {
		return exit, errors.Join(problem, killErr)
	}
	switch {
	case command.ProcessState.Exited():
		return exit, killErr // By itself, even if we were about to end it.
	case ctx.Err() != nil:
		return exit, errors.Join(interruptedOr(ctx, err), killErr)
	default:
		return exit, killErr // A signal that is not ours: a crash, or the kernel is out of memory.
	}
}

// interruptedOr names the reason why ctx ended, or returns err if it has not.
func interruptedOr(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil || errors.Is(cause, ErrTimeout) || errors.Is(cause, ErrStalled) || errors.Is(cause, ErrTooMuch) {
		return cmp.Or(cause, err)
	}
	return fmt.Errorf("%w: %w", ErrInterrupted, cause)
}

// usage returns the exit code as a shell counts it, and the peak memory in GiB.
func usage(state *os.ProcessState) (code int, memoryBytes uint64) {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	} else {
		code = state.ExitCode()
	}
	if used, ok := state.SysUsage().(*syscall.Rusage); ok {
		memoryBytes = uint64(used.Maxrss) * maxrssUnit
	}
	return code, memoryBytes
}

func killGroup(leader int) {
	_ = syscall.Kill(-leader, syscall.SIGKILL) // An error says that the group is empty.
}
