package search

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/trainer/knobs"
)

// Recipe is a value of each knob, by the knob's name, in plain form.
type Recipe map[string]string

// Space is the recipes that there are: every knob with its domain and condition.
type Space struct {
	knobs  []knobs.Knob
	values [][]string // by knob, the values worth trying
}

// NewSpace returns the space of a recipe's knobs.
func NewSpace(all []knobs.Knob) Space {
	s := Space{knobs: all}
	for _, knob := range all {
		s.values = append(s.values, knob.Values())
	}
	return s
}

// IsActive tells whether the knob of an index does anything in a recipe: its
// condition holds, and that of the knob which it names.
func (s Space) IsActive(recipe Recipe, i int) bool {
	for range s.knobs { // no chain of conditions is longer
		when := s.knobs[i].When
		if when.Knob == "" {
			return true
		}
		next := slices.IndexFunc(s.knobs, func(k knobs.Knob) bool { return k.Name == when.Knob })
		if next < 0 {
			return true
		}
		if slices.Contains(when.Values, recipe[when.Knob]) == when.Not {
			return false
		}
		i = next
	}
	return true
}

// Settle returns the recipe with knobs that do nothing at the values that another one
// has, so that no two recipes differ in them alone.
func (s Space) Settle(recipe, as Recipe) Recipe {
	settled := Recipe{}
	for i, knob := range s.knobs {
		settled[knob.Name] = recipe[knob.Name]
		if !s.IsActive(recipe, i) {
			settled[knob.Name] = as[knob.Name]
		}
	}
	return settled
}

// Key tells recipes apart, whatever the values of knobs that do nothing.
func (s Space) Key(recipe Recipe) string {
	var key strings.Builder
	for i, knob := range s.knobs {
		if s.IsActive(recipe, i) {
			key.WriteString(knob.Name + "=" + strconv.Quote(recipe[knob.Name]) + " ")
		}
	}
	return key.String()
}

// point is a recipe's place: a coordinate of each knob, from 0 to 1 where near values
// are alike, else the choice's index.
func (s Space) point(recipe Recipe) []float64 {
	point := make([]float64, len(s.knobs))
	for i, knob := range s.knobs {
		value := recipe[knob.Name]
		if !s.IsActive(recipe, i) {
			value = s.values[i][0]
		}
		point[i] = coordinate(knob, value)
	}
	return point
}

// coordinate places a value of one knob.
func coordinate(knob knobs.Knob, value string) float64 {
	if !knob.Domain.IsRange() {
		index := float64(slices.Index(knob.Domain.Choices, value)) // -1: a kept change beyond the choices
		if !isOrdered(knob) {
			return index
		}
		return index / float64(len(knob.Domain.Choices)-1)
	}
	x, _ := strconv.ParseFloat(value, 64) // parsed by package knobs already
	x = min(max(x, knob.Domain.Low), knob.Domain.High)
	if knob.Domain.Log {
		return math.Log(x/knob.Domain.Low) / math.Log(knob.Domain.High/knob.Domain.Low)
	}
	return (x - knob.Domain.Low) / (knob.Domain.High - knob.Domain.Low)
}

// isOrdered tells whether near values of the knob are alike.
func isOrdered(knob knobs.Knob) bool {
	isNumber := knob.Kind == knobs.Int || knob.Kind == knobs.Float
	return knob.Domain.IsRange() || isNumber && len(knob.Domain.Choices) > 2
}

// apart is the squared distance of two points in one knob.
func (s Space) apart(i int, a, b []float64) float64 {
	if !isOrdered(s.knobs[i]) {
		if a[i] == b[i] {
			return 0
		}
		return differentChoices
	}
	return (a[i] - b[i]) * (a[i] - b[i])
}

// differentChoices is the squared distance of two choices without an order: about
// what two values drawn from an ordered knob have, and somewhat more.
const differentChoices = 0.25
