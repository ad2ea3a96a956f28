package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

func newShowCommand(a *app) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "show N|best",
		Short: "Show everything about one experiment",
		Long: `show prints everything about experiment N: what was tried and why, the figures,
the evaluations on the way, why it failed if it did, its diff, and where its log
and its exported model are.`,
		Example: `  agent show 3
  agent show best --tag nov24
  agent show 3 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runShow(a, o, args[0]) },
	}
	o.addFlags(cmd, "a JSON object")
	return cmd
}

// shown is an experiment with what `agent log --json` leaves out.
type shown struct {
	journal.Experiment
	Diff     string             `json:"diff"`
	Points   []table.Point      `json:"points"`
	Champion journal.Experiment `json:"-"`      // That it was compared with; the zero Experiment for the baseline.
	Log      string             `json:"log"`    // Path; empty when there is none.
	Export   string             `json:"export"` // Path; empty when there is none.
}

func runShow(a *app, o readOptions, argument string) error {
	v, e, err := o.openExperiment(a, argument)
	if err != nil {
		return err
	}
	s := shown{
		Experiment: e, Champion: v.championOf(e), Diff: e.Diff, Points: append([]table.Point{}, e.Points...),
		Log:    existing(v.folder.TrainLog(e.Number)),
		Export: existing(v.folder.Export(e.Number)),
	}
	if o.json {
		return a.printJSON(s)
	}
	a.printExperiment(v.run, s)
	return nil
}

func (a *app) printExperiment(run journal.Run, s shown) {
	a.print("experiment %d of run %s: %s\n\n", s.Number, run.Tag, ownWords(s.Description))
	a.printFields([][2]string{
		{"status", string(s.Status)},
		{"hypothesis", ownWords(s.Hypothesis)},
		{"reason", line.Clean(s.Reason)},
		{"failure", failure(s.Experiment)},
		{"eval_ppl", evalPPL(s.Experiment)},
		{"eval_bpb", known(s.EvalBPB, "%.3f")},
		{"full", fullPrecision(run)},
		{"bits", bitsInWords(s.Bits)},
		{"seeds", strings.Trim(fmt.Sprint(s.Seeds), "[]")},
		{"change", meanChange(s.Experiment)},
		{"worst seed", worstSeed(s.Worst)},
		{"training", computed(s.Compute)},
		{"time", known(s.TimeS, "%.1f s")},
		{"memory", known(s.MemoryGB, "%.2f GB")},
		{"proposer", proposedBy(s.Experiment)},
		{"commit", s.Commit},
		{"ref", s.Ref},
		{"log", s.Log},
		{"export", s.Export},
		{"adopting", adopting(s.Experiment)},
	})
	a.printTrials(s)
	a.printPoints(s.Points)
	if s.Diff != "" {
		a.print("\n")
		a.printDiff(s.Diff)
	}
}

// adopting says what it means to adopt an experiment that was kept.
func adopting(e journal.Experiment) string {
	if !e.Status.Kept() || e.Number == 0 {
		return ""
	}
	return "agent adopt has the guard look at it once more; from then on it runs with your rights, but where trainer's sandbox keeps it in"
}

// ownWords are a proposer's, on one line and no longer than a screen takes.
func ownWords(text string) string { return line.Cut(line.Clean(text), line.Longest) }

// meanChange is the change that the verdict rests on.
func meanChange(e journal.Experiment) string {
	if !e.Change.Valid() {
		return ""
	}
	text := signedPercent(e.Change)
	if e.Low.Valid() && e.High.Valid() {
		text += fmt.Sprintf(" on average, and between %s and %s with 95 %% confidence", signedPercent(e.Low), signedPercent(e.High))
	}
	return text
}

// worstSeed is the seed on which a recipe does worst beside its champion.
func worstSeed(worst *verdict.Worst) string {
	if worst == nil {
		return ""
	}
	return fmt.Sprintf("%d: %s", worst.Seed, signedPercent(worst.Change))
}

// known formats a figure, or is empty when it is missing.
func known(m table.Measure, format string) string {
	if !m.Valid() {
		return ""
	}
	return fmt.Sprintf(format, m)
}

func evalPPL(e journal.Experiment) string {
	text := known(e.EvalPPL, "%.2f")
	if text == "" || !e.ParentEvalPPL.Valid() {
		return text
	}
	return fmt.Sprintf("%s (champion %.2f, %s)", text, e.ParentEvalPPL, change(e))
}

func failure(e journal.Experiment) string {
	if e.Failure == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s", e.Failure.Class, e.Failure.Message)
}

func proposedBy(e journal.Experiment) string {
	text := ownWords(e.Proposer)
	if e.Attempts > 1 {
		text += fmt.Sprintf(", %d attempts", e.Attempts)
	}
	if e.Tokens > 0 {
		text += fmt.Sprintf(", %d tokens", e.Tokens)
	}
	if e.USD.Valid() && e.USD > 0 {
		text += fmt.Sprintf(", $%.4f", e.USD)
	}
	return text
}

// existing is the path if there is something at it.
func existing(path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}
