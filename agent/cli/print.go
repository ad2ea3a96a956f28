package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/visible"
)

// Widths of descriptions that keep a table's lines, and others, within 100 columns.
const tableWidth, descriptionWidth = 18, 38

// printJSON writes facts for a script, or for whoever looks at them on a terminal.
func (a *app) printJSON(facts any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(facts)
	if err == nil {
		_, err = a.out.Write(visible.JSON(text.Bytes()))
	}
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// printExperiments writes the table of experiments.
func (a *app) printExperiments(experiments []journal.Experiment) error {
	table := tabwriter.NewWriter(a, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "#\tstatus\teval_ppl\tchange\tbits\ttokens\ttime\tproposer\tdescription")
	for _, e := range experiments {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Number, e.Status, figure(e.EvalPPL), tableChange(e),
			bitsPerWeight(e.Bits), short(e.TrainTokens), duration(e.TimeS), line.Cut(line.Clean(e.Proposer), 15), line.Cut(line.Clean(tableDescription(e)), tableWidth))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

func tableDescription(e journal.Experiment) string {
	if e.Failure != nil {
		return fmt.Sprintf("(%s) %s", e.Failure.Class, e.Description)
	}
	return e.Description
}

// summary is a run in one line: what it came to and how it got there.
func summary(experiments []journal.Experiment) string {
	counts := make(map[journal.Status]int)
	for _, e := range experiments {
		if e.Number > 0 {
			counts[e.Status]++
		}
		if e.Status == journal.StatusSimplify && e.Number > 0 {
			counts[journal.StatusKeep]++
		}
	}
	text := fmt.Sprintf("%d kept, %d discarded, %d crashed",
		counts[journal.StatusKeep], counts[journal.StatusDiscard], counts[journal.StatusCrash])
	if promising := counts[journal.StatusPromising]; promising > 0 {
		text += fmt.Sprintf(", %d promising", promising)
	}
	if withdrawn := counts[journal.StatusWithdrawn]; withdrawn > 0 {
		text += fmt.Sprintf(", %d withdrawn", withdrawn)
	}
	if best, ok := journal.Best(experiments); ok {
		first := experiments[0]
		text = fmt.Sprintf("eval_ppl %s → %s (%s); ", figure(first.EvalPPL), figure(best.EvalPPL),
			percent(first.EvalPPL, best.EvalPPL)) + text
	}
	return text
}

// lambdaReached says how far lambda got in the champion's training. It is
// measured at lambda 1, wherever the training ended.
func lambdaReached(experiments []journal.Experiment) string {
	best, ok := journal.Best(experiments)
	if !ok || len(best.Points) == 0 || !best.Points[len(best.Points)-1].Lambda.Valid() {
		return ""
	}
	reached := best.Points[len(best.Points)-1].Lambda
	if reached < 1 {
		return fmt.Sprintf("warning: the champion's lambda reached %.3g, as it says itself, though eval_ppl is at lambda 1: it never trained with fully ternary weights", reached)
	}
	return "the champion's lambda reached 1, as it says itself"
}

// figure is a measure for a table, "-" when it is missing.
func figure(m table.Measure) string {
	if !m.Valid() {
		return "-"
	}
	return fmt.Sprintf("%.2f", m)
}

// tableChange is the change that a verdict rests on, with half its 95 % interval where
// it was measured on several seeds; else that of the first.
func tableChange(e journal.Experiment) string {
	if !e.Change.Valid() || !e.Low.Valid() || !e.High.Valid() || len(e.Seeds) < 2 {
		return change(e)
	}
	return fmt.Sprintf("%+.2f ±%.2f %%", 100*e.Change, 50*(e.High-e.Low))
}

// change is an experiment's eval_ppl against its champion's, on the first seed.
func change(e journal.Experiment) string {
	return percent(e.ParentEvalPPL, e.EvalPPL)
}

func percent(from, to table.Measure) string {
	if !from.Valid() || !to.Valid() {
		return "-"
	}
	return fmt.Sprintf("%+.2f %%", 100*(to/from-1))
}

func signedPercent(share table.Measure) string { return fmt.Sprintf("%+.2f %%", 100*share) }

// duration is a time for a table: "14.2 s", "12m34s".
func duration(seconds table.Measure) string {
	switch {
	case !seconds.Valid():
		return "-"
	case seconds < 100:
		return fmt.Sprintf("%.1f s", seconds)
	}
	return time.Duration(float64(seconds) * float64(time.Second)).Round(time.Second).String()
}

// printFields writes names and values in two columns. Empty values are left out. A
// value of several lines stays in its column: none of them passes for a field.
func (a *app) printFields(fields [][2]string) {
	const nameWidth = 12
	indent := "\n" + strings.Repeat(" ", nameWidth+1)
	for _, field := range fields {
		if field[1] != "" {
			a.print("%-*s %s\n", nameWidth, field[0], strings.ReplaceAll(field[1], "\n", indent))
		}
	}
}

// printTrials writes what was measured on each seed, beside the champion's.
func (a *app) printTrials(s shown) {
	if len(s.Trials) == 0 {
		return
	}
	a.print("\n")
	out := tabwriter.NewWriter(a, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "seed\teval_ppl\tchampion\tchange\tholdout_ppl\ttokens\tFLOPs\ttrain\ttime\t")
	for _, trial := range s.Trials {
		note, champion := "", table.Missing()
		if trial.StoppedAt > 0 {
			note = fmt.Sprintf("stopped at step %d", trial.StoppedAt)
		}
		if beside, ok := s.Champion.Trial(trial.Seed); ok {
			champion = beside.EvalPPL
		}
		_, _ = fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", trial.Seed, figure(trial.EvalPPL), figure(champion),
			percent(champion, trial.EvalPPL), figure(trial.HoldoutPPL), short(trial.TrainTokens), short(trial.TrainFLOPs), duration(trial.TrainS), duration(trial.TimeS), note)
	}
	_ = out.Flush()
}

// printPoints writes the evaluations of a training.
func (a *app) printPoints(points []table.Point) {
	if len(points) == 0 {
		return
	}
	a.print("\n")
	table := tabwriter.NewWriter(a, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "step\tlambda\ttrain_loss\teval_ppl\teval_bpb\tlr\ttime_s\t-1\t0\t+1")
	for _, p := range points {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Step, rounded(p.Lambda), rounded(p.TrainLoss),
			figure(p.EvalPPL), rounded(p.EvalBPB), rounded(p.LR), rounded(p.TimeS),
			rounded(p.QNeg1), rounded(p.QZero), rounded(p.QPos1))
	}
	_ = table.Flush()
	a.print("All but eval_ppl and eval_bpb is what the training says of itself.\n")
}

// rounded is a measure with four significant digits, "-" when it is missing.
func rounded(m table.Measure) string {
	if !m.Valid() {
		return "-"
	}
	return fmt.Sprintf("%.4g", m)
}

// larger is twice the budget, as a flag.
func (o *runOptions) larger() string {
	if o.Budget == bench.Unlimited {
		return fmt.Sprintf("--budget-time %s", 2*o.BudgetTime)
	}
	return fmt.Sprintf("--budget %d", 2*max(o.Budget, 1))
}

func (a *app) printHints(hints [][2]string) {
	width := 0
	for _, hint := range hints {
		width = max(width, len(hint[0]))
	}
	for _, hint := range hints {
		a.print("  %s%s  %s\n", hint[0], strings.Repeat(" ", width-len(hint[0])), hint[1])
	}
}
