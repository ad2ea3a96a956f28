package main

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const source = `package main

func NewRecipe() Recipe {
	return Recipe{
		Shape: "flat",  // {flat, round} Shape.
		Radius: 2.0,    // [1, 3] if Shape is round. Radius.
		Size:  4,       // {2, 4, 8} Size.
	}
}
`

func TestOneKnobAtATime(t *testing.T) {
	variants, err := chooseVariants(source, options{set: []string{"Size=8"}, values: 3})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range variants {
		got = append(got, v.knob+" | "+v.value+" | "+strings.Join(v.set, " "))
	}
	want := []string{
		" |  | Size=8",
		"shape | round | Size=8 Shape=round",
		"radius, with shape round | 1 | Size=8 Shape=round Radius=1",
		"radius, with shape round | 2 | Size=8 Shape=round Radius=2",
		"radius, with shape round | 3 | Size=8 Shape=round Radius=3",
		"size | 2 | Size=8 Size=2",
		"size | 4 | Size=8 Size=4",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := chooseVariants(source, options{set: []string{"Size=3"}}); err == nil || !strings.Contains(err.Error(), "3 is not one of {2, 4, 8}") {
		t.Error(err)
	}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	writeTable(&out, []measurement{
		{variant{}, []float64{100, 110}},
		{variant{knob: "size", value: "2"}, []float64{50, 55}},
		{variant{knob: "size", value: "4"}, []float64{math.NaN(), 110}},
		{variant{knob: "size", value: "8"}, []float64{math.NaN(), math.NaN()}},
	})
	want := `| knob | value | eval_ppl | effect | ± | seeds |
|---|---|---|---|---|---|
| **reference** |  | 104.88 |  | 6.7 % | 2 |
| size | 2 | 52.44 | -50.0 % | 0.0 % | 2 |
| size | 4 | 110.00 | +0.0 % |  | 1 |
| size | 8 | diverged | | | 0 |
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
