package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/version"
)

// usageError marks a mistake in the command line.
type usageError struct{ error }

// Misuse marks an error as a mistake in the command line.
func Misuse(err error) error { return usageError{err} }

// ExitCode is the code with which a program ends for an error.
func ExitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return contract.ExitUsage
	case errors.Is(err, contract.ErrDiverged):
		return contract.ExitDiverged
	case errors.Is(err, context.Canceled):
		return contract.ExitInterrupted
	}
	return contract.ExitFailed
}

// Run runs a program's command line until it ends or is interrupted, says on
// stderr what went wrong, and returns the exit code.
func Run(root *cobra.Command, name string) int {
	root.Version = version.Line()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return Misuse(err) })
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	code := ExitCode(err)
	if code == contract.ExitUsage {
		fmt.Fprintf(os.Stderr, "Run %q for the flags.\n", name+" --help")
	}
	return code
}

// NoArguments refuses anything that isn't a flag.
func NoArguments(_ *cobra.Command, arguments []string) error {
	if len(arguments) > 0 {
		return Misuse(fmt.Errorf("unknown argument %q", arguments[0]))
	}
	return nil
}
