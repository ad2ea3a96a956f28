package layers

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/results/table"
)

// FileName is where a training's folder has its table.
const FileName = "layers.tsv"

// column is how one column is written and read.
type column struct {
	name   string
	format func(Row) string
	parse  func(*Row, string) error
}

func columns() []column {
	return []column{
		integer("step", func(r *Row) *int { return &r.Step }),
		{
			"layer",
			func(r Row) string { return r.Layer },
			func(r *Row, text string) error { r.Layer = text; return nil },
		},
		integer("weights", func(r *Row) *int { return &r.Weights }),
		measure("group_size", func(r *Row) *table.Measure { return &r.GroupSize }),
		measure("zero", func(r *Row) *table.Measure { return &r.Zero }),
		measure("scale_mean", func(r *Row) *table.Measure { return &r.ScaleMean }),
		measure("scale_min", func(r *Row) *table.Measure { return &r.ScaleMin }),
		measure("scale_max", func(r *Row) *table.Measure { return &r.ScaleMax }),
		measure("flips_per_step", func(r *Row) *table.Measure { return &r.FlipsPerStep }),
		measure("relative_mse", func(r *Row) *table.Measure { return &r.RelativeMSE }),
	}
}

func integer(name string, field func(*Row) *int) column {
	return column{
		name, func(r Row) string { return strconv.Itoa(*field(&r)) },
		func(r *Row, text string) (err error) {
			*field(r), err = strconv.Atoi(text)
			return err
		},
	}
}

// measure is a column of a figure, written with six digits.
func measure(name string, field func(*Row) *table.Measure) column {
	return column{
		name,
		func(r Row) string {
			if !field(&r).Valid() {
				return ""
			}
			return strconv.FormatFloat(float64(*field(&r)), 'g', 6, 64)
		},
		func(r *Row, text string) (err error) {
			*field(r), err = table.ParseMeasure(text)
			return err
		},
	}
}

// Write writes a header and a line per row.
func Write(w io.Writer, rows []Row) error {
	out := bufio.NewWriter(w)
	var fields []string
	for _, column := range columns() {
		fields = append(fields, column.name)
	}
	_, _ = fmt.Fprintln(out, strings.Join(fields, "\t")) // the writer remembers its errors
	for _, row := range rows {
		for i, column := range columns() {
			fields[i] = column.format(row)
		}
		_, _ = fmt.Fprintln(out, strings.Join(fields, "\t"))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write layers: %w", err)
	}
	return nil
}

// Read reads what [Write] writes. Errors name the line.
func Read(r io.Reader) ([]Row, error) {
	scanner := bufio.NewScanner(r)
	var rows []Row
	for number := 1; scanner.Scan(); number++ {
		fields := strings.Split(scanner.Text(), "\t")
		if len(fields) != len(columns()) {
			return nil, fmt.Errorf("read layers: line %d has %d fields, want %d", number, len(fields), len(columns()))
		}
		var row Row
		for i, column := range columns() {
			if number == 1 {
				if fields[i] != column.name {
					return nil, fmt.Errorf("read layers: column %d is %q, want %q", i+1, fields[i], column.name)
				}
			} else if err := column.parse(&row, fields[i]); err != nil {
				return nil, fmt.Errorf("read layers: line %d: column %s: %w", number, column.name, err)
			}
		}
		if number > 1 {
			rows = append(rows, row)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read layers: %w", err)
	}
	return rows, nil
}
