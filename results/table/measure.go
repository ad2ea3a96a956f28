package table

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Measure is a measured value. NaN and the infinities mean that it is missing:
// an empty field in a TSV, null in JSON. The zero value is the figure 0, so a
// struct with measures is filled with [Missing] where nothing was measured.
type Measure float64

// Missing returns the measure that was not taken.
func Missing() Measure { return Measure(math.NaN()) }

// Valid reports whether m was measured and is finite.
func (m Measure) Valid() bool {
	return !math.IsNaN(float64(m)) && !math.IsInf(float64(m), 0)
}

// String returns the shortest decimal that reads back as m, or "" when m is
// missing.
func (m Measure) String() string {
	if !m.Valid() {
		return ""
	}
	return strconv.FormatFloat(float64(m), 'g', -1, 64)
}

// Whole returns m as a whole number, or "" when it is missing.
func (m Measure) Whole() string {
	if !m.Valid() {
		return ""
	}
	return strconv.FormatFloat(float64(m), 'f', 0, 64)
}

// ParseMeasure reads what [Measure.String] writes. An empty text, NaN and the
// infinities in any spelling that strconv knows are missing; anything else that
// is not a number is an error.
func ParseMeasure(text string) (Measure, error) {
	if text == "" {
		return Missing(), nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(value, 0) {
		return Missing(), fmt.Errorf("parse measure %q: not a number", text)
	}
	if m := Measure(value); m.Valid() {
		return m, nil
	}
	return Missing(), nil
}

// MarshalJSON writes null for a missing measure.
func (m Measure) MarshalJSON() ([]byte, error) {
	if !m.Valid() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(m))
}

// UnmarshalJSON reads null as a missing measure.
func (m *Measure) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*m = Missing()
		return nil
	}
	var value float64
	if err := json.Unmarshal(text, &value); err != nil {
		return fmt.Errorf("parse measure %s: %w", text, err)
	}
	*m = Measure(value)
	return nil
}
