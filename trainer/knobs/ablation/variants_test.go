package main

import (
	"errors"
	"math"
	"os"
	"path/filepath"
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
		"reference |  | Size=8",
		"recipe.go as it is | the brief's baseline | ",
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
	figures := func(values ...float64) (all []figure) {
		for _, value := range values {
			all = append(all, figure{evalPPL: value})
		}
		return all
	}
	measured := []measurement{
		{variant{}, figures(100, 110, 120)},
		{variant{knob: "size", value: "2"}, figures(50, 56, 61)},
		{variant{knob: "size", value: "4"}, figures(200, 219, 243)},
		{variant{knob: "shape", value: "round"}, figures(99, 112, 119)},
		{variant{knob: "shape", value: "flat"}, figures(0, 110, 0)},
		{variant{knob: "radius", value: "0"}, []figure{{math.NaN(), "radius is 0 | want more"}, {}, {}}},
	}
	var out strings.Builder
	writeTable(&out, measured)
	writeSummary(&out, measured)
	// Student's t for 2 degrees of freedom is 4.3027 at 97.5 %; the first variant's
	// differences have the mean -0.6816 and the standard deviation 0.0101.
	want := `| knob | value | eval_ppl | effect | reading |
|---|---|---|---|---|
| **reference** |  | 109.70 (100.00 … 120.00) |  |  |
| size | 2 | 55.48 (50.00 … 61.00) | -49.4 % (-50.7 % … -48.1 %) | better |
| size | 4 | 219.97 (200.00 … 243.00) | +100.5 % (+96.2 % … +105.0 %) | worse |
| shape | round | 109.68 (99.00 … 119.00) | -0.0 % (-3.8 % … +4.0 %) | no clear difference |
| shape | flat | 110.00 | +0.0 % | too few seeds |
| radius | 0 |  |  | refused or failed: radius is 0 / want more |

## What helped

- size 2: -49.4 %

## What made it worse

- size 4: +100.5 %

## What shows no clear difference at any value tried

- shape
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestLogGoesOn is the way of an ablation that was interrupted, once in the
// middle of a line.
func TestLogGoesOn(t *testing.T) {
	folder := t.TempDir()
	o := options{trainer: filepath.Join(folder, "trainer"), log: filepath.Join(folder, "logs", "log.tsv"), preset: "nano", backend: "go", steps: 100}
	if err := os.WriteFile(o.trainer, []byte("a trainer"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := variant{set: []string{"Size=2", "Shape=round"}}
	log, err := openLog(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{log.add(v, 1, figure{evalPPL: 20.5}), log.add(v, 2, figure{math.NaN(), "diverged"}), log.close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(o.log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.log, append(data, "Size=2 Shape=round\t3\t1"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if log, err = openLog(o); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.add(v, 4, figure{evalPPL: 30}), log.close()); err != nil {
		t.Fatal(err)
	}
	if log, err = openLog(o); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.close() }()
	for seed, want := range map[int]float64{1: 20.5, 4: 30} {
		if got, ok := log.find(v, seed); !ok || got.evalPPL != want {
			t.Errorf("seed %d is %v, want %v", seed, got, want)
		}
	}
	if got, ok := log.find(v, 2); !ok || got.failure != "diverged" {
		t.Errorf("the training that failed is %v", got)
	}
	if got, ok := log.find(v, 3); ok {
		t.Errorf("the line that was cut off counts as %v", got)
	}
	o.steps = 50
	if _, err := openLog(o); err == nil || !strings.Contains(err.Error(), "another ablation") {
		t.Errorf("the log of another ablation: %v", err)
	}
}
