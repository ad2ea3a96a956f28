package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/version"
)

// Exit codes of the programs.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// NewTraining applies the mutable trainer's recipe to a model. Its error is made
// by [Misuse] where the settings are wrong, not the recipe.
type NewTraining func(config llama.Config, settings Settings) (harness.Training, error)

// Settings are what the command line says about a training's recipe.
type Settings struct {
	Steps          int
	ActivationBits int      // 8 or 16; 0 leaves the recipe's own
	Set            []string // knobs to change, as Name=value
	GroupFallback  bool     // layers that the group size doesn't fit take a smaller one
}

// usageError marks a mistake in the command line.
type usageError struct{ error }

// Misuse marks an error as a mistake in the command line.
func Misuse(err error) error { return usageError{err} }

// DrawPicture draws the trainings of some folders or tables into a file; note is
// what a person should know of the picture. It is handed in by the trainer, so
// that the evaluator isn't linked with what draws.
type DrawPicture func(paths []string, file string) (note string, err error)

// Trainer runs the command line of a trainer with this recipe (its source, which
// has the knobs) and returns its exit code.
func Trainer(recipe string, newTraining NewTraining, draw DrawPicture) int {
	root := newTrain(func(ctx context.Context, o trainOptions, stdout io.Writer) error {
		return runTrain(ctx, o, recipe, newTraining, stdout)
	})
	addTrainers(root, draw)
	return execute(root, "trainer")
}

// addTrainers adds the trainer's other commands, which need no recipe.
func addTrainers(root *cobra.Command, draw DrawPicture) {
	root.AddCommand(newEvaluate("evaluate"), newExport(), newGenerate(), newPlot(draw), newDoctor(), newPrepare(), newInstallPlugin(), newSelfTest())
	root.AddCommand(generators()...)
	root.AddCommand(textCommands()...)
}

// Evaluator runs the evaluator's command line and returns its exit code.
func Evaluator() int {
	root := newEvaluate("evaluator")
	root.AddCommand(newSelfTest())
	root.AddCommand(textCommands()...)
	return execute(root, "evaluator")
}

func execute(root *cobra.Command, name string) int {
	root.Version = version.Line()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	var usage usageError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "Run %q for the flags.\n", name+" --help")
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailed
}

// noArguments refuses anything that isn't a flag.
func noArguments(_ *cobra.Command, arguments []string) error {
	if len(arguments) > 0 {
		return usageError{fmt.Errorf("unknown argument %q", arguments[0])}
	}
	return nil
}
