package knobs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Condition is what another knob must be for a knob to do anything. The zero
// condition always holds.
type Condition struct {
	Knob   string   // The other knob's name.
	Not    bool     // It must be none of the values.
	Values []string // In plain form.
}

// Holds tells whether the knobs' values meet the condition.
func (c Condition) Holds(all []Knob) bool {
	for _, knob := range all {
		if knob.Name == c.Knob {
			return slices.Contains(c.Values, knob.Value) != c.Not
		}
	}
	return true
}

// parseCondition takes a condition off the start of a comment's sentence.
func parseCondition(doc string) (c Condition, rest string) {
	found := regexp.MustCompile(`^if (\w+) is (not )?([^.]*(?:\.\d[^.]*)*)\.(?: |$)`).FindStringSubmatch(doc)
	if found == nil {
		return Condition{}, doc
	}
	c = Condition{Knob: found[1], Not: found[2] != "", Values: strings.Split(found[3], " or ")}
	return c, strings.TrimSpace(strings.TrimPrefix(doc, found[0]))
}

// settleConditions holds each condition to the knob that it names.
func settleConditions(all []Knob) error {
	for _, knob := range all {
		if knob.When.Knob == "" {
			continue
		}
		i := slices.IndexFunc(all, func(other Knob) bool { return other.Name == knob.When.Knob })
		if i < 0 {
			// A line on its own, as of a diff, is read without the others.
			continue
		}
		for j, value := range knob.When.Values {
			plain, err := all[i].Plain(value)
			if err == nil {
				err = all[i].Check(plain)
			}
			if err != nil {
				return fmt.Errorf("parse the recipe, line %d: %s: its condition: %w", knob.Line, knob.Name, err)
			}
			knob.When.Values[j] = plain
		}
	}
	return nil
}
