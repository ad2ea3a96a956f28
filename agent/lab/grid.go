package lab

import "github.com/ternlab/ternlab/results/table"

// grid is the steps after which a training is evaluated: every so many steps of one
// of the run's length, and the last. A training of another length is evaluated
// after the same shares of its steps, as its harness does it.
type grid struct{ every, of, steps int }

// grid is that of a training of so many steps.
func (l *Lab) grid(steps int) grid { return grid{l.protocol.EvalEvery, l.protocol.Steps, steps} }

// has tells whether a step is one of them.
func (g grid) has(step int) bool {
	if step < 1 || step > g.steps {
		return false
	}
	due := func(step int) int { return step * g.of / g.steps / g.every }
	return step == g.steps || due(step) > due(step-1)
}

// points takes the points at these steps, each once, in their order.
func (g grid) points(rows []table.Row) []table.Point {
	var points []table.Point
	last := 0
	for _, row := range rows {
		if row.Step > last && g.has(row.Step) {
			points, last = append(points, row.Point), row.Step
		}
	}
	return points
}
