package lab

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/ternlab/ternlab/results/table"
)

// readPoints reads the evaluation points that a trainer wrote. They are
// progress, not the verdict, and come from the candidate: a file that is
// missing or isn't a table means no points, and so does a line at a step at which
// nothing is evaluated, or a second one at the same step.
func readPoints(file string, grid grid) ([]table.Point, error) {
	const longest = 1 << 20 // bytes
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !info.Mode().IsRegular()) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the training's points: %w", err)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the training's points: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	rows, err := table.ReadRows(io.LimitReader(f, longest))
	if err != nil {
		return nil, nil
	}
	return grid.points(rows), nil
}

// merge puts the evaluator's figures into the points that the trainer wrote. No
// other eval_ppl stands in them.
func merge(points []table.Point, measured map[int]Evaluation) []table.Point {
	for step := range measured { // a trainer that was stopped may not have written its last one
		if !slices.ContainsFunc(points, func(p table.Point) bool { return p.Step == step }) {
			points = append(points, table.NewPoint(step))
		}
	}
	slices.SortStableFunc(points, func(a, b table.Point) int { return a.Step - b.Step })
	best := table.Missing()
	for i := range points {
		p := &points[i]
		p.EvalPPL, p.EvalBPB, p.BestPPL = table.Missing(), table.Missing(), table.Missing()
		figures, ok := measured[p.Step]
		if !ok {
			continue
		}
		p.EvalPPL, p.EvalBPB = table.Measure(figures.EvalPPL), table.Measure(figures.EvalBPB)
		if !best.Valid() || p.EvalPPL < best {
			best = p.EvalPPL
		}
		p.BestPPL = best
	}
	return points
}
