package trials

import (
	"context"
	"errors"
	"fmt"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

// Allotted is what a recipe was given on other seeds.
type Allotted struct {
	IsBaseline bool // It is the baseline's
	Before     int  // Tokens; 0: none.
}

// AllottedTo is what an experiment's recipe was given.
func (t Trials) AllottedTo(number int) Allotted {
	return Allotted{number == 0, t.bench.Record.Experiments()[number].Allotted()}
}

// allot says how many tokens a trial of a recipe may train on, 0 for
// those of the run's steps: its share of what the run holds equal. The baseline's own
// recipe has the run's steps, whatever that is. Where the recipe's steps were timed
// for it, stepS is the seconds of one; else 0.
func (t Trials) allot(ctx context.Context, program lab.Program, spec lab.Spec, of Allotted) (tokens int, stepS float64, err error) {
	baseline := t.bench.Record.Experiments()[0]
	switch held := t.bench.Record.Run().HeldEqual(); {
	case held == journal.EqualTime:
		return t.allotTime(ctx, program, spec, of)
	case held != journal.EqualTokens || of.IsBaseline:
		return 0, 0, nil
	case baseline.Allotted() == 0:
		return 0, 0, errors.New("the run holds tokens equal, but its journal doesn't say how many the baseline was trained on")
	}
	return baseline.Allotted(), 0, nil
}

// allotTime gives a trial the tokens of as many steps as take the baseline's time.
// A few steps of the recipe are run and timed by this process's clock, once for each
// recipe: on further seeds it has the tokens that it had on the first.
func (t Trials) allotTime(ctx context.Context, program lab.Program, spec lab.Spec, of Allotted) (tokens int, stepS float64, err error) {
	switch {
	case of.IsBaseline && t.bench.Record.Experiments()[0].StepS.Valid():
		return 0, 0, nil
	case !of.IsBaseline && of.Before > 0:
		return of.Before, 0, nil
	}
	return t.timeSteps(ctx, program, spec, !of.IsBaseline)
}

// timeSteps times a recipe's steps, and says how many tokens it has in the baseline's
// time, if that is asked for.
func (t Trials) timeSteps(ctx context.Context, program lab.Program, spec lab.Spec, allots bool) (tokens int, stepS float64, err error) {
	pace, err := t.bench.Lab.Time(ctx, program, spec)
	if err != nil || !allots {
		return 0, float64(pace.Seconds), err
	}
	baseline := t.bench.Record.Experiments()[0]
	steps := stepsInTime(t.bench.Record.Run().Steps, baseline.StepS, pace.Seconds)
	t.bench.Observer.Say(fmt.Sprintf("  %sa step takes %.3g s, the baseline's %.3g s: %d steps, where that has %d", spec.Label, pace.Seconds, baseline.StepS, steps, t.bench.Record.Run().Steps))
	return steps * pace.Tokens, float64(pace.Seconds), nil
}

// stepsInTime is how many steps of a recipe take as long as the baseline's.
func stepsInTime(steps int, baseline, own table.Measure) int {
	const most = 10 // times as many; no honest recipe is so much quicker
	if !baseline.Valid() || !own.Valid() || own <= 0 || baseline <= 0 {
		return steps
	}
	return max(1, min(int(float64(steps)*float64(baseline/own)), most*steps))
}
