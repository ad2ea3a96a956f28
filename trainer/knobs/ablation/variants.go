package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/trainer/knobs"
)

// variant is a recipe to measure.
type variant struct {
	knob, value string   // in words
	set         []string // settings of the whole recipe, as the trainer takes them
}

// chooseVariants lists the recipes that the command line spells out, else those
// one knob away from the reference.
func chooseVariants(source string, o options) ([]variant, error) {
	if len(o.recipes) == 0 {
		return oneKnobAtATime(source, o)
	}
	var variants []variant
	for _, recipe := range o.recipes {
		variants = append(variants, variant{"recipe", strings.ReplaceAll(recipe, ",", ", "), strings.Split(recipe, ",")})
	}
	return variants, nil
}

// oneKnobAtATime lists the reference and every recipe one knob away from it.
func oneKnobAtATime(source string, o options) ([]variant, error) {
	for _, setting := range o.set {
		name, value, _ := strings.Cut(setting, "=")
		changed, err := knobs.Set(source, name, value)
		if err != nil {
			return nil, fmt.Errorf("--set %s: %w", setting, err)
		}
		source = changed
	}
	all, err := knobs.Parse(source)
	if err != nil {
		return nil, err
	}
	variants := []variant{{knob: "reference", set: o.set}}
	if len(o.set) > 0 {
		variants = append(variants, variant{knob: "recipe.go as it is", value: "the brief's baseline"})
	}
	for _, knob := range all {
		if len(o.only) > 0 && !slices.Contains(o.only, knob.Name) {
			continue
		}
		set, value := slices.Clone(o.set), knob.Value
		if !knob.When.Holds(all) {
			needed, err := enable(knob, all)
			if err != nil {
				return nil, err
			}
			set, value = append(set, needed), ""
		}
		for _, tried := range spread(knob, o.values) {
			if tried != value {
				variants = append(variants, variant{title(knob, set[len(o.set):]), tried, append(slices.Clone(set), knob.Name+"="+tried)})
			}
		}
	}
	return variants, nil
}

func title(knob knobs.Knob, with []string) string {
	if len(with) == 0 {
		return knob.Title()
	}
	name, value, _ := strings.Cut(with[0], "=")
	return knob.Title() + ", with " + knobs.Knob{Name: name}.Title() + " " + value
}

// enable is the setting of another knob without which this one does nothing: of
// the values that will do, the one in the middle.
func enable(knob knobs.Knob, all []knobs.Knob) (string, error) {
	i := slices.IndexFunc(all, func(other knobs.Knob) bool { return other.Name == knob.When.Knob })
	if i < 0 {
		return "", errors.New("no knob " + knob.When.Knob)
	}
	var values []string
	for _, value := range all[i].Values() {
		if slices.Contains(knob.When.Values, value) != knob.When.Not {
			values = append(values, value)
		}
	}
	return all[i].Name + "=" + values[len(values)/2], nil
}

// spread lists a knob's choices, or so many values evenly over its range: twice
// as many where the range spans orders of magnitude.
func spread(knob knobs.Knob, count int) []string {
	values := knob.Values()
	if knob.Domain.Log {
		count *= 2
	}
	if !knob.Domain.IsRange() || len(values) <= count {
		return values
	}
	var chosen []string
	for i := range count {
		chosen = append(chosen, values[i*(len(values)-1)/max(count-1, 1)])
	}
	return slices.Compact(chosen)
}
