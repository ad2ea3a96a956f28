package table

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/workspace/visible"
)

// NoExperiment is the number of a training that a person ran by hand: its field
// in results.tsv is empty.
const NoExperiment = -1

// StatusKept is the status of a row whose experiment became the champion.
const StatusKept = "keep"

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

// WriteRows writes results.tsv: a header and a line per row. A missing measure
// is an empty field.
func WriteRows(w io.Writer, rows []Row) error {
	out := bufio.NewWriter(w)
	columns := rowColumns()
	fields := make([]string, len(columns))
	for i, column := range columns {
		fields[i] = column.name
	}
	WriteFields(out, fields)
	for _, row := range rows {
		for i, column := range columns {
			fields[i] = column.format(&row)
		}
		WriteFields(out, fields)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// WriteFields writes one line of a TSV; the writer remembers its errors.
func WriteFields(out *bufio.Writer, fields []string) {
	_, _ = out.WriteString(strings.Join(fields, "\t"))
	_ = out.WriteByte('\n')
}

// Cell makes text fit for a field of a TSV: one line, in which nothing hides or
// steers a terminal. A text that a spreadsheet would compute, or that would
// swallow the lines behind it as a quotation, begins with an apostrophe.
func Cell(text string) string {
	text = visible.Line(text)
	if isFormula(text) {
		return "'" + text
	}
	return text
}

// fromCell takes a text as Cell wrote it, or as somebody else did.
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
