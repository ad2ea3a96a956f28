package results

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/visible"
)

// NoExperiment is the number of a training that a person ran by hand: its field
// in results.tsv is empty.
const NoExperiment = -1

// Row is one line of results.tsv: an evaluation point and the experiment that
// it belongs to. For a training by hand Experiment is NoExperiment, and Commit
// and Status are empty.
type Row struct {
	Point
	Experiment  int
	Seed        uint64
	Commit      string
	Status      string
	Tokens      Measure // Trained on up to this point.
	FLOPs       Measure // Floating-point operations for that.
	Description string  // Made readable and harmless to spreadsheets when it is written.
}

// Rows returns the rows of results.tsv: those of each experiment in turn, seed by
// seed. The
// row of the last step carries the evaluator's figures, on which the verdict
// rests; the other figures are those that the training reported.
func Rows(run Run, experiments []Experiment) []Row {
	var rows []Row
	for _, experiment := range experiments {
		row := Row{
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
func judgedPoints(last int, trial Trial) []Point {
	if !trial.EvalPPL.Valid() {
		return trial.Points
	}
	points := slices.Clone(trial.Points)
	if len(points) == 0 || points[len(points)-1].Step != last {
		points = append(points, NewPoint(last))
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

// WriteRows writes results.tsv: a header and a line per row. A missing measure
// is an empty field.
func WriteRows(w io.Writer, rows []Row) error {
	out := bufio.NewWriter(w)
	columns := rowColumns()
	fields := make([]string, len(columns))
	for i, column := range columns {
		fields[i] = column.name
	}
	writeFields(out, fields)
	for _, row := range rows {
		for i, column := range columns {
			fields[i] = column.format(&row)
		}
		writeFields(out, fields)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// writeFields writes one line of a TSV; the writer remembers its errors.
func writeFields(out *bufio.Writer, fields []string) {
	_, _ = out.WriteString(strings.Join(fields, "\t"))
	_ = out.WriteByte('\n')
}

// cell makes text fit for a field of a TSV: one line, in which nothing hides or
// steers a terminal. A text that a spreadsheet would compute, or that would
// swallow the lines behind it as a quotation, begins with an apostrophe.
func cell(text string) string {
	text = visible.Line(text)
	if isFormula(text) {
		return "'" + text
	}
	return text
}

// fromCell takes a text as cell wrote it, or as somebody else did.
func fromCell(text string) string {
	text = visible.Line(text)
	if behind, found := strings.CutPrefix(text, "'"); found && isFormula(behind) {
		return behind
	}
	return text
}

// isFormula tells whether a spreadsheet takes a text for one, or for a quotation.
// Behind apostrophes it would be one if they were taken off.
func isFormula(text string) bool {
	text = strings.TrimLeft(text, "'")
	_, err := strconv.ParseFloat(text, 64)
	return err != nil && strings.ContainsAny(text[:min(len(text), 1)], `=+-@"`) || startsWide(text)
}

// startsWide tells whether a text begins with the full-width form of a formula's
// first character, which some spreadsheets take for the same.
func startsWide(text string) bool {
	return slices.ContainsFunc([]string{"\uff1d", "\uff0b", "\uff0d", "\uff20"}, func(sign string) bool { return strings.HasPrefix(text, sign) })
}
