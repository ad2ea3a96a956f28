package table

import (
	"encoding/json"
	"math"
	"testing"
)

func TestMeasureText(t *testing.T) {
	for _, test := range []struct {
		measure Measure
		tsv     string
		json    string
	}{
		{0, "0", "0"},
		{131.2, "131.2", "131.2"},
		{1e-5, "1e-05", "0.00001"},
		{-0.1, "-0.1", "-0.1"},
		{0.30000000000000004, "0.30000000000000004", "0.30000000000000004"},
		{Missing(), "", "null"},
		{Measure(math.Inf(1)), "", "null"},
		{Measure(math.Inf(-1)), "", "null"},
	} {
		if got := test.measure.String(); got != test.tsv {
			t.Errorf("%v.String() = %q, want %q", float64(test.measure), got, test.tsv)
		}
		text, err := json.Marshal(test.measure)
		if err != nil || string(text) != test.json {
			t.Errorf("Marshal(%v) = %s, %v, want %s", float64(test.measure), text, err, test.json)
		}
		parsed, err := ParseMeasure(test.tsv)
		if err != nil || !same(parsed, test.measure) {
			t.Errorf("ParseMeasure(%q) = %v, %v", test.tsv, float64(parsed), err)
		}
		var decoded Measure
		if err := json.Unmarshal(text, &decoded); err != nil || !same(decoded, test.measure) {
			t.Errorf("Unmarshal(%s) = %v, %v", text, float64(decoded), err)
		}
	}
}

// same reports whether two measures are equal, or both missing.
func same(a, b Measure) bool { return a == b || !a.Valid() && !b.Valid() }

func TestParseMeasure(t *testing.T) {
	for _, text := range []string{"nan", "NaN", "inf", "-Inf", "1e999"} {
		if got, err := ParseMeasure(text); err != nil || got.Valid() {
			t.Errorf("ParseMeasure(%q) = %v, %v, want missing", text, float64(got), err)
		}
	}
	for _, text := range []string{"x", " ", "1,5", "1 2", "--"} {
		if got, err := ParseMeasure(text); err == nil {
			t.Errorf("ParseMeasure(%q) = %v, want an error", text, float64(got))
		}
	}
	var m Measure
	if err := json.Unmarshal([]byte(`"131"`), &m); err == nil {
		t.Error("a JSON text was read as a measure")
	}
}

func TestPointAbsentIsMissing(t *testing.T) {
	var point Point
	if err := json.Unmarshal([]byte(`{"step":25,"lambda":0}`), &point); err != nil {
		t.Fatal(err)
	}
	if point.Step != 25 || point.Lambda != 0 || !point.Lambda.Valid() || point.EvalPPL.Valid() || point.QPos1.Valid() {
		t.Errorf("point = %+v", point)
	}
	if err := json.Unmarshal([]byte(`{"step":"x"}`), &point); err == nil {
		t.Error("a step that is no number was read")
	}
}
