package knobs

import (
	"fmt"
	"strings"
)

// Set returns the source with one knob changed. Exactly one line differs, and
// its comment stays in its column where the new value leaves room. It returns an
// error if there is no such knob or the value lies outside its domain.
func Set(src, name, value string) (string, error) {
	knob, err := find(src, name)
	if err != nil {
		return "", fmt.Errorf("set %s: %w", name, err)
	}
	if err := knob.Check(value); err != nil {
		return "", fmt.Errorf("set %w", err)
	}
	return knob.replace(src, knob.literal(value)), nil
}

func find(src, name string) (Knob, error) {
	all, err := Parse(src)
	if err != nil {
		return Knob{}, err
	}
	names := make([]string, len(all))
	for i, knob := range all {
		if knob.Name == name {
			return knob, nil
		}
		names[i] = knob.Name
	}
	return Knob{}, fmt.Errorf("no such knob; there are %s", strings.Join(names, ", "))
}

// replace puts a literal in the place of the knob's value and moves the comment
// back to its column.
func (k Knob) replace(src, literal string) string {
	before, old, after := src[:k.span.start], src[k.span.start:k.span.end], src[k.span.end:]
	comment := strings.Index(after, "//")
	comma := strings.TrimRight(after[:comment], " \t")
	gap := comment - len(comma) + len(old) - len(literal)
	return before + literal + comma + strings.Repeat(" ", max(1, gap)) + after[comment:]
}
