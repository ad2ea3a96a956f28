package layers_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/layers"
)

// twoEvaluations is a table of two layers, at steps 0 and 10.
func twoEvaluations() *layers.Table {
	table := layers.NewTable()
	for _, step := range []int{0, 10} {
		table.Begin()
		first := checkpoint.Ternary{Out: 1, In: 4, Codes: []int8{1, 0, -1, 0}, Scales: []float32{0.5, 1}}
		if step == 10 {
			first.Codes = []int8{1, 1, 0, 0}
		}
		table.Add(step, "a.weight", []float32{0.5, 0.25, -1.5, 0}, first)
		table.Add(step, "b.weight", []float32{2, -2}, checkpoint.Ternary{Out: 1, In: 2, Codes: []int8{1, -1}, Scales: []float32{2}})
		table.End(step)
	}
	return table
}

// near takes figures for equal that differ by a share of themselves, and missing
// ones.
func near(tolerance float64) cmp.Option {
	return cmp.Comparer(func(a, b table.Measure) bool {
		return !a.Valid() && !b.Valid() || math.Abs(float64(a-b)) <= tolerance*math.Abs(float64(a))
	})
}

func TestTable(t *testing.T) {
	none := table.Missing()
	want := []layers.Row{
		// (0.25² + 0.5²) / (0.5² + 0.25² + 1.5²) = 0.3125 / 2.5625
		{0, "all", 6, 2, 2.0 / 6, 3.5 / 3, 0.5, 2, none, 0.3125 / 10.5625},
		{0, "a", 4, 2, 0.5, 0.75, 0.5, 1, none, 0.3125 / 2.5625},
		{0, "b", 2, 2, 0, 2, 2, 2, none, 0},
		// (0.25² + 1.5²) / 2.5625
		{10, "all", 6, 2, 2.0 / 6, 3.5 / 3, 0.5, 2, 0.2, 2.3125 / 10.5625},
		{10, "a", 4, 2, 0.5, 0.75, 0.5, 1, 0.2, 2.3125 / 2.5625},
		{10, "b", 2, 2, 0, 2, 2, 2, 0, 0},
	}
	got := twoEvaluations().Rows
	if diff := cmp.Diff(want, got, near(1e-12)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	var file strings.Builder
	if err := layers.Write(&file, got); err != nil {
		t.Fatal(err)
	}
	again, err := layers.Read(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, again, near(1e-5)); diff != "" {
		t.Errorf("rows changed in the file (-want +got):\n%s", diff)
	}
	if !math.IsNaN(float64(again[0].FlipsPerStep)) {
		t.Error("flips of the first evaluation aren't missing")
	}
}

func TestReadRefuses(t *testing.T) {
	const header = "step\tlayer\tweights\tgroup_size\tzero\tscale_mean\tscale_min\tscale_max\tflips_per_step\trelative_mse\n"
	for _, test := range []struct{ file, want string }{
		{"step\tloss\n", "line 1 has 2 fields, want 10"},
		{strings.Replace(header, "zero", "null", 1), `column 5 is "null", want "zero"`},
		{header + "1\ta\n", "line 2 has 2 fields"},
		{header + "x\ta\t1\t1\t0\t1\t1\t1\t\t0\n", "line 2: column step"},
		{header + "1\ta\t1\t1\tmany\t1\t1\t1\t\t0\n", "line 2: column zero"},
	} {
		if _, err := layers.Read(strings.NewReader(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error is %v, want one with %q", err, test.want)
		}
	}
}
