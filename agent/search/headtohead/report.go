package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// firstFresh is far from every search's own seeds.
const firstFresh = 9_000_001

// meanOfFresh is the geometric mean of eval_ppl on the fresh seeds; 0 where a training
// of them failed.
func meanOfFresh(ctx context.Context, lab *lab, t trial) (float64, error) {
	sum := 0.0
	for i := range freshSeeds {
		t.seed = uint64(firstFresh + i)
		measured, err := lab.measure(ctx, t)
		if err != nil {
			return 0, err
		}
		if measured.failed() {
			return 0, nil
		}
		sum += math.Log(measured.EvalPPL) / freshSeeds
	}
	return math.Exp(sum), nil
}

// report is the document: one table by trainings, one by tokens.
func report(o options, outcomes []outcome, trained int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d trainings in all. Geometric mean over the searches of the champion's eval_ppl on %d fresh seeds, (lowest … highest search), [95 %% interval of the mean], and of how many searches.\n\n", trained, freshSeeds)
	fmt.Fprintln(&text, "After so many trainings of any kind:")
	writeTable(&text, o, outcomes, func(result outcome, mark int) (moment, bool) { return result.afterTrainings(mark) })
	fmt.Fprintln(&text, "\nAfter so many times the tokens of the baseline's training:")
	writeTable(&text, o, outcomes, func(result outcome, mark int) (moment, bool) {
		return result.afterTokens(mark * o.steps * baselineBatch)
	})
	return text.String()
}

// baselineBatch is the tokens of a step of the brief's recipe.
const baselineBatch = 256

func writeTable(text *strings.Builder, o options, outcomes []outcome, at func(outcome, int) (moment, bool)) {
	fmt.Fprint(text, "\n| search |")
	for _, mark := range o.marks {
		fmt.Fprintf(text, " %d |", mark)
	}
	fmt.Fprintf(text, "\n|---|%s\n", strings.Repeat("---|", len(o.marks)))
	for _, name := range o.contestants {
		c, err := parseContestant(name)
		if err != nil {
			continue // compete has refused it
		}
		fmt.Fprintf(text, "| %s |", c)
		for _, mark := range o.marks {
			var logs []float64
			for _, result := range outcomes {
				found, ok := at(result, mark)
				if fresh := result.fresh[strings.Join(trial{recipe: found.champion}.settings(), " ")]; ok && result.contestant == c && fresh > 0 {
					logs = append(logs, math.Log(fresh))
				}
			}
			fmt.Fprintf(text, " %s |", cell(logs))
		}
		fmt.Fprintln(text)
	}
}

// cell sums up searches of a kind.
func cell(logs []float64) string {
	if len(logs) == 0 {
		return ""
	}
	mean := stat.Mean(logs, nil)
	text := fmt.Sprintf("**%.1f** (%.1f … %.1f)", math.Exp(mean), math.Exp(slices.Min(logs)), math.Exp(slices.Max(logs)))
	if n := float64(len(logs)); n > 1 {
		half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * stat.StdDev(logs, nil) / math.Sqrt(n)
		text += fmt.Sprintf(" [%.1f … %.1f]", math.Exp(mean-half), math.Exp(mean+half))
	}
	return text + fmt.Sprintf(" %d", len(logs))
}
