package table

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// maxLine is the longest line of a TSV that is read, in bytes.
const maxLine = 1 << 20

// ReadRows reads results.tsv. It goes by the names in the header: columns may
// stand in any order, unknown ones are ignored, and missing ones, like fields
// that a short line lacks, are empty. A header without a step column, a field
// that is no number where one is due, and a line of more than 1 MiB are errors
// that name the line.
func ReadRows(r io.Reader) ([]Row, error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	var columns []column
	var rows []Row
	number := 0
	for scanner.Scan() {
		number++
		line := strings.TrimSuffix(scanner.Text(), "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		if columns == nil {
			var err error
			if columns, err = headerColumns(fields); err != nil {
				return nil, fmt.Errorf("read rows: line %d: %w", number, err)
			}
			continue
		}
		row, err := parseRow(columns, fields)
		if err != nil {
			return nil, fmt.Errorf("read rows: line %d: %w", number, err)
		}
		rows = append(rows, row)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read rows: line %d: %w", number+1, err)
	}
	return rows, nil
}

// headerColumns finds the column of each name; an unknown name gets one that
// reads nothing.
func headerColumns(names []string) ([]column, error) {
	columns := make([]column, len(names))
	seen := map[string]bool{}
	for i, name := range names {
		if seen[name] {
			return nil, fmt.Errorf("column %q is there twice", name)
		}
		seen[name] = true
		columns[i] = column{parse: func(*Row, string) error { return nil }}
		for _, known := range rowColumns() {
			if known.name == name {
				columns[i] = known
			}
		}
	}
	if !seen["step"] {
		return nil, fmt.Errorf("header has no column %q", "step")
	}
	return columns, nil
}

func parseRow(columns []column, fields []string) (Row, error) {
	row := Row{Point: NewPoint(0), Experiment: NoExperiment, Tokens: Missing(), FLOPs: Missing()}
	for i, column := range columns[:min(len(columns), len(fields))] {
		if err := column.parse(&row, fields[i]); err != nil {
			return Row{}, fmt.Errorf("column %s: %w", column.name, err)
		}
	}
	return row, nil
}
