package cli

import (
	"fmt"
	"strings"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/verdict"
)

// printForecast says what a run finds at the noise that is known of it.
func (a *app) printForecast(run journal.Run, experiments []journal.Experiment) {
	if text := forecast(run.Rule, journal.Noise(experiments)); text != "" {
		a.print("%s\n", text)
	}
}

// forecast is one sentence, empty where the noise isn't known.
func forecast(rule verdict.Rule, noise verdict.Noise) string {
	found, ok := rule.Forecast(noise)
	if !ok {
		return ""
	}
	budget := "50 experiments"
	if rule.Planned > 0 {
		budget = plural(rule.Planned, "experiment")
	}
	return fmt.Sprintf("forecast: differences scatter by %.2g %% from seed to seed; with that, %s and at most %d seeds, gains of %.2g %% are found 4 times in 5",
		100*found.Differences, budget, rule.MaxSeeds, 100*found.Gain)
}

// printJudging says how many trainings the verdicts took.
func (a *app) printJudging(run journal.Run, experiments []journal.Experiment) {
	j := journal.CountJudging(run, experiments)
	if j.More() == 0 {
		return
	}
	var parts []string
	for _, part := range []struct {
		count int
		what  string
	}{
		{j.Further, "of candidates on further seeds"},
		{j.Beside, "of champions beside them"},
		{j.Fresh, "of the baseline, to know the noise"},
		{j.Repeats, "of champions once more, to see whether their figures are the same"},
	} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.what))
		}
	}
	a.print("judging took %d of %s: %s\n", j.More(), plural(j.First+j.More(), "training"), strings.Join(parts, ", "))
}

// plural is a count with its noun.
func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
