package journal

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// RaceBand measures the band on all recipes that were trained on several seeds:
// at each step, or the share of a training that it stands for, the spread of log eval_ppl around each recipe's mean, pooled, and
// Student's t with its degrees of freedom. A step that no recipe was measured at
// twice is not in the band.
//
// Snapshots are a candidate's, and nothing but the race rests on them. So curves
// that don't fit their export ([Trial.Misfit]) are left out, and the band is
// nowhere narrower than the spread of the exports makes it: snapshots that are
// alike on all seeds don't tighten it.
func RaceBand(experiments []Experiment) verdict.Band {
	spreads := map[int]verdict.Spread{}
	var exports verdict.Spread
	for _, e := range experiments {
		fitting := slices.DeleteFunc(slices.Clone(e.Trials), func(t Trial) bool { return !t.EvalPPL.Valid() || t.Misfit() != "" })
		for step, logs := range curves(fitting) {
			spreads[step] = spreads[step].With(verdict.SpreadOf(logs))
		}
		exports = exports.With(verdict.SpreadOf(logsOfExports(fitting)))
	}
	return verdict.BandOf(spreads, exports)
}

// logsOfExports are log eval_ppl of what was exported.
func logsOfExports(trials []Trial) []float64 {
	logs := make([]float64, len(trials))
	for i, trial := range trials {
		logs[i] = math.Log(float64(trial.EvalPPL))
	}
	return logs
}

// raceSlack is how much better than the export, in log eval_ppl, a snapshot on the
// way may be: about what a step does to a model near its end.
const raceSlack = 0.01

// Misfit says why the curve of a training can't be raced against, in words that
// follow "experiment 7": empty where it can be. A training that learns ends at its
// best, or near it. Where a snapshot on the way is better than the export, the two
// may have been made for different readers, and who races against it may be stopped
// though its export would be better.
func (t Trial) Misfit() string {
	for _, point := range t.Points {
		if point.EvalPPL.Valid() && t.EvalPPL.Valid() && math.Log(float64(t.EvalPPL/point.EvalPPL)) > raceSlack {
			return fmt.Sprintf("was better at step %d than in the end (eval_ppl %.2f, then %.2f)", point.Step, point.EvalPPL, t.EvalPPL)
		}
	}
	return ""
}

// curves are log eval_ppl by step of the trials that have a figure there.
func curves(trials []Trial) map[int][]float64 {
	logs := map[int][]float64{}
	for _, trial := range trials {
		for _, point := range trial.Points {
			if point.EvalPPL.Valid() && point.EvalPPL > 0 {
				logs[point.Place()] = append(logs[point.Place()], math.Log(float64(point.EvalPPL)))
			}
		}
	}
	return logs
}

// Saved is the time in seconds that racing saved: what the stopped trainings
// would have taken on, at the pace they had.
func Saved(run Run, experiments []Experiment) float64 {
	var saved float64
	for _, e := range experiments {
		for _, trial := range e.Trials {
			if trial.StoppedAt > 0 && trial.TimeS.Valid() {
				saved += float64(trial.TimeS) * float64(cmp.Or(trial.TrainSteps, run.Steps)-trial.StoppedAt) / float64(trial.StoppedAt)
			}
		}
	}
	return saved
}

// Stopped is the verdict on a candidate that racing stopped.
func Stopped(step int, seeds []uint64, champion, candidate table.Measure) Judged {
	judged := Decided(StatusDiscard, fmt.Sprintf("stopped at step %d, far behind: eval_ppl %.2f, the champion's was %.2f there",
		step, candidate, champion))
	judged.Seeds = seeds
	return judged
}
