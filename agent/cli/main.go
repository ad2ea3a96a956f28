package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ternlab/ternlab/trainer/version"
	"github.com/ternlab/ternlab/workspace/buildcache"
	"github.com/ternlab/ternlab/workspace/inspect"
	"github.com/ternlab/ternlab/workspace/sandbox"
	"github.com/ternlab/ternlab/workspace/secrets"
	"github.com/ternlab/ternlab/workspace/visible"
)

// The exit codes. A script may rely on them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// Main runs the command that os.Args names and returns the exit code.
func Main() int {
	switch {
	case os.Args[0] == sandbox.InitName:
		sandbox.Init()
	case len(os.Args) > 1 && os.Args[1] == buildcache.Command:
		return buildcache.Main(os.Args[2:])
	case len(os.Args) > 1 && os.Args[1] == inspect.Command:
		return inspect.Main(os.Args[2:])
	}
	ctx, interrupts := catchInterrupts(context.Background())
	a := newApp(os.Stdout)
	a.interrupts = interrupts
	cmd, err := newRootCommand(a).ExecuteContextC(ctx)
	code := a.exitCode(ctx, err)
	interrupts.release()
	if err != nil {
		fmt.Fprintln(os.Stderr, a.hidden.Clean("agent: "+visible.Text(err.Error())))
	}
	if code == exitUsage {
		fmt.Fprintf(os.Stderr, "`%s%s --help` shows how it is used\n", a.name, strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()))
	}
	return code
}

// app is what all commands share.
type app struct {
	out      io.Writer // Masks secrets.
	hidden   secrets.Redactor
	terminal bool   // out is a terminal
	name     string // how the user calls the program: "go run ./agent"
	parsed   bool   // the command line was understood

	interrupts *interrupts
}

func newApp(out *os.File) *app {
	hidden := secrets.OfEnvironment()
	return &app{out: hidden.Writer(out), hidden: hidden, terminal: term.IsTerminal(int(out.Fd())), name: invocation(os.Args[0])}
}

// onStderr is the app that shows on stderr what goes on, where stdout is for
// JSON alone.
func (a *app) onStderr() *app {
	shown := newApp(os.Stderr)
	shown.name, shown.interrupts = a.name, a.interrupts
	return shown
}

// print writes facts for people, in which nothing hides or steers a terminal. A
// reader that has gone away is not an error.
func (a *app) print(format string, args ...any) {
	_, _ = io.WriteString(a.out, visible.Text(fmt.Sprintf(format, args...)))
}

// Write is print for those that need a writer: they write whole characters.
func (a *app) Write(text []byte) (int, error) {
	a.print("%s", text)
	return len(text), nil
}

// usageError says that the command line asks for something that can't be.
type usageError struct {
	err error
}

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// exitCode is the one place where errors become exit codes.
func (a *app) exitCode(ctx context.Context, err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil || errors.Is(err, errInterrupted):
		return exitInterrupted
	case !a.parsed || errors.As(err, &usage):
		return exitUsage
	}
	return exitFailed
}

// invocation is how the user calls this program, for hints that can be pasted.
// What `go run` builds lies in a temporary folder or in the build cache.
func invocation(path string) string {
	builtByGoRun := regexp.MustCompile(`^(.*/)?(go-build\d+/.*|[0-9a-f]{64}-d)/agent$`)
	if builtByGoRun.MatchString(filepath.ToSlash(path)) {
		return "go run ./agent"
	}
	return path
}

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:     "agent",
		Short:   "Improve a ternary quantization recipe, experiment by experiment",
		Version: version.Line(),
		Long: `agent runs experiments on the training recipe in trainer/: it has one change
proposed, builds and trains it, measures the exported ternary model with a fixed
evaluator, and keeps the change only if eval_ppl got lower by more than luck
explains.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`,
		Example: `  agent run --budget 5     five experiments on the built-in preset
  agent log                what was tried
  agent show 3             everything about experiment 3
  agent adopt best         bring the best recipe onto your branch`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(*cobra.Command, []string) {
			a.parsed = true
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(
		newRunCommand(a),
		newLogCommand(a),
		newShowCommand(a),
		newDiffCommand(a),
		newBestCommand(a),
		newAdoptCommand(a),
		newRebuildCommand(a),
		newConfirmCommand(a),
		newAACommand(a),
		newDoctorCommand(a),
	)
	return root
}
