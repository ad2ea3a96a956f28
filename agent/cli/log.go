package cli

import (
	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/line"
)

func newLogCommand(a *app) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "log",
		Short: "List a run's experiments",
		Long: `log lists a run's experiments: status (keep, simplify, discard, promising, crash,
running, interrupted, withdrawn), eval_ppl of the exported ternary model on the first
seed (lower is better), its change against the champion at that time on average over
the seeds, ± half its 95 % interval, bits per ternary weight, the tokens of one
training, and the time of training and evaluation on all seeds together.

With --json it prints an array with all that is known of each experiment; a
figure that is missing is null, times are in seconds, memory in 10^9 bytes.`,
		Example: `  agent log
  agent log --tag nov24
  agent log --json | jq '.[] | select(.status == "keep") | .eval_ppl'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runLog(a, o) },
	}
	o.addFlags(cmd, "a JSON array")
	return cmd
}

func runLog(a *app, o readOptions) error {
	v, err := o.open(a)
	if err != nil {
		return err
	}
	if o.json {
		return a.printJSON(v.experiments)
	}
	a.print("run %s: %s, %s a training, seed %d, from %s\n\n", v.run.Tag, v.run.Preset, heldEqual(v.run), v.run.Seed, line.Commit(v.run.BaseCommit))
	if err := a.printExperiments(v.experiments); err != nil {
		return err
	}
	a.print("\n%s\n", summary(v.experiments))
	a.printFullPrecision(v.run)
	return nil
}
