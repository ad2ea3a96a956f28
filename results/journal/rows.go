package journal

import (
	"cmp"
	"slices"

	"github.com/ternlab/ternlab/results/table"
)

// Rows returns the rows of results.tsv: those of each experiment in turn, seed by
// seed. The
// row of the last step carries the evaluator's figures, on which the verdict
// rests; the other figures are those that the training reported.
func Rows(run Run, experiments []Experiment) []table.Row {
	var rows []table.Row
	for _, experiment := range experiments {
		row := table.Row{
			Experiment: experiment.Number, Commit: experiment.Commit,
			Status: string(experiment.Status), Description: experiment.Description,
		}
		for _, trial := range experiment.Trials {
			row.Seed = trial.Seed
			steps := cmp.Or(trial.TrainSteps, run.Steps)
			for _, row.Point = range judgedPoints(steps, trial) {
				row.Tokens, row.FLOPs = trial.At(row.Step)
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// judgedPoints returns the trial's points with the evaluator's figures at step
// last.
func judgedPoints(last int, trial Trial) []table.Point {
	if !trial.EvalPPL.Valid() {
		return trial.Points
	}
	points := slices.Clone(trial.Points)
	if len(points) == 0 || points[len(points)-1].Step != last {
		points = append(points, table.NewPoint(last))
	}
	judged := &points[len(points)-1]
	judged.EvalPPL, judged.EvalBPB, judged.BestPPL = trial.EvalPPL, trial.EvalBPB, trial.EvalPPL
	for _, point := range points {
		if point.EvalPPL.Valid() {
			judged.BestPPL = min(judged.BestPPL, point.EvalPPL)
		}
	}
	return points
}
