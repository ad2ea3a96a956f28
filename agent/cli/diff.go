package cli

import (
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/results/journal"
)

func newDiffCommand(a *app) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "diff N|best",
		Short: "Show what one experiment changed",
		Long: `diff prints what experiment N changed in the champion it started from, as a
unified diff. A terminal is shown characters that hide or steer it as escapes; a
pipe or a file gets the diff as it is, unless the change has not passed the guard.`,
		Example: `  agent diff 3
  agent diff best | git apply`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runDiff(a, o, args[0]) },
	}
	o.addFlags(cmd, "a JSON object with experiment, commit, parent_commit and diff")
	return cmd
}

func runDiff(a *app, o readOptions, argument string) error {
	_, e, err := o.openExperiment(a, argument)
	if err != nil {
		return err
	}
	if o.json {
		return a.printJSON(map[string]any{
			"experiment": e.Number, "commit": e.Commit, "parent_commit": e.ParentCommit, "diff": e.Diff,
		})
	}
	if a.terminal || neverGuarded(e) {
		a.printDiff(e.Diff)
		return nil
	}
	_, err = io.WriteString(a.out, e.Diff)
	return err
}

// neverGuarded tells whether a change has not passed the guard, which lets nothing
// through that hides.
func neverGuarded(e journal.Experiment) bool {
	return e.Failure != nil && slices.Contains([]journal.FailureClass{
		journal.FailureGuard, journal.FailureNoBuild, journal.FailureNoApply,
	}, e.Failure.Class)
}
