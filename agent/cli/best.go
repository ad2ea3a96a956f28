package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

func newBestCommand(a *app) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "best",
		Short: "Show the best recipe so far and how it came about",
		Long: `best shows the champion of a run, the kept experiments that led to it, and where
its exported model is. eval_ppl is that of the exported ternary model.`,
		Example: `  agent best
  agent best --json | jq .eval_ppl`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runBest(a, o) },
	}
	o.addFlags(cmd, "a JSON object")
	return cmd
}

// champion is the best experiment and what it stands on.
type champion struct {
	journal.Experiment
	Tag             string          `json:"tag"`
	BaselineEvalPPL table.Measure   `json:"baseline_eval_ppl"`
	Baseline        journal.Compute `json:"baseline_compute"` // What its training took.
	Kept            []int           `json:"kept"`             // Numbers, oldest first, without the baseline.
	Export          string          `json:"export"`           // Path; empty when there is none.
}

func runBest(a *app, o readOptions) error {
	v, err := o.open(a)
	if err != nil {
		return err
	}
	e, err := v.experiment("best")
	if err != nil {
		return err
	}
	best := champion{
		Experiment: e, Tag: v.run.Tag, BaselineEvalPPL: v.experiments[0].EvalPPL, Baseline: v.experiments[0].Compute,
		Kept: []int{}, Export: existing(v.folder.Export(e.Number)),
	}
	for _, e := range v.experiments[1:] {
		if e.Status.Kept() {
			best.Kept = append(best.Kept, e.Number)
		}
	}
	if o.json {
		return a.printJSON(best)
	}
	a.printBest(v, best)
	return nil
}

func (a *app) printBest(v *view, best champion) {
	if len(best.Kept) == 0 {
		a.print("run %s: nothing was kept yet; the baseline stands at eval_ppl %s\n", best.Tag, figure(best.EvalPPL))
		return
	}
	a.print("run %s: experiment %d, eval_ppl %s, baseline %s (%s)\n\n", best.Tag, best.Number,
		figure(best.EvalPPL), figure(best.BaselineEvalPPL), percent(best.BaselineEvalPPL, best.EvalPPL))
	for _, number := range best.Kept {
		e := v.experiments[number]
		a.print("  %-4s %s → %s  %s\n", fmt.Sprintf("#%d", number), figure(e.ParentEvalPPL), figure(e.EvalPPL), line.Cut(line.Clean(e.Description), 2*descriptionWidth-16))
	}
	a.print("\n")
	a.printFields([][2]string{
		{"training", computed(best.Compute)},
		{"baseline's", computed(best.Baseline)},
		{"commit", best.Commit},
		{"export", best.Export},
	})
	a.print("\n`%s adopt best` brings it onto your branch\n", a.name)
}
