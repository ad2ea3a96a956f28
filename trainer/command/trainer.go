package command

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/command/doctor"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/train"
)

// Trainer runs the command line of a trainer with this recipe (its source, which
// has the knobs) and returns its exit code.
func Trainer(recipe string, newTraining train.NewTraining) int {
	return run(train.New(recipe, newTraining))
}

// Start has a training done by a process in the sandbox and returns its exit code; or
// says that it isn't done, because no sandbox is wanted.
type Start func(ctx context.Context, training train.Enclosed) (code int, done bool, err error)

// Outside runs a trainer's command line without a recipe: all commands but training,
// which start does. It returns the exit code, or that this process is to train itself.
func Outside(start Start) (code int, done bool) {
	done = true
	failed := run(train.Outside(func(ctx context.Context, training train.Enclosed) (err error) {
		code, done, err = start(ctx, training)
		return err
	}))
	if failed != 0 {
		return failed, true
	}
	return code, done
}

// run adds to the command that trains the others, which need no recipe.
func run(root *cobra.Command) int {
	root.AddCommand(doctor.New(), doctor.NewSelfTest())
	root.AddCommand(forPeople()...)
	return program.Run(root, "trainer")
}
