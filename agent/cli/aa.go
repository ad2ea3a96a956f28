package cli

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

func newAACommand(a *app) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "aa",
		Short: "Test the verdict: compare the champion with itself",
		Long: `aa does experiments whose candidate is the champion itself: every keep is a false
one. Every second candidate sees its data in another order than the champion,
so that the two differ by all the noise there is; the others are trained exactly
alike. The run is an ordinary one in runs/TAG, resumed by the same command.`,
		Example: `  agent aa --budget 20
  agent aa --budget 20 --keep-rule brief --tag aa-brief`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.given = cmd.Flags().Changed
			o.AA, o.proposer = true, proposer.Random // as the journal says; nobody is asked
			o.Tag = cmp.Or(o.Tag, "aa")
			return runRun(cmd.Context(), a, o)
		},
	}
	o.addCommonFlags(cmd)
	return cmd
}

// printFalseKeeps says what a run of like with like came to.
func (a *app) printFalseKeeps(experiments []journal.Experiment) {
	keeps := 0
	for _, e := range experiments {
		if e.Number > 0 && e.Status.Kept() {
			keeps++
		}
	}
	a.print("%d of %d candidates that are the champion itself were kept\n", keeps, len(experiments)-1)
}

// printSaved says what racing saved.
func (a *app) printSaved(run journal.Run, experiments []journal.Experiment) {
	stopped := 0
	for _, e := range experiments {
		for _, trial := range e.Trials {
			if trial.StoppedAt > 0 {
				stopped++
			}
		}
	}
	if stopped > 0 {
		a.print("racing stopped %d trainings early and saved some %s of training\n", stopped,
			duration(table.Measure(journal.Saved(run, experiments))))
	}
}
