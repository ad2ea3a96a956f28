package knobs

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Kind is the type of a knob's value.
type Kind string

// The kinds of values that a knob can hold.
const (
	String Kind = "string"
	Int    Kind = "int"
	Float  Kind = "float"
	Bool   Kind = "bool"
)

// Knob is one hyperparameter of the recipe.
type Knob struct {
	Name   string // The field's name: LearningRate.
	Value  string // Its value in plain form: strings without quotes, numbers as Go prints them.
	Kind   Kind
	Domain Domain
	When   Condition // Without it the knob does nothing.
	Doc    string    // The sentence after the domain.
	Line   int       // Its line in the source, counted from 1.

	span span // Where it stands in the source.
}

// Title returns the knob's name in words: "learning rate", "LR warmup steps".
func (k Knob) Title() string {
	name, words, start := []rune(k.Name), []string{}, 0
	for i := 1; i <= len(name); i++ {
		// A capital starts a word, unless it goes on with an abbreviation.
		boundary := i == len(name) || unicode.IsUpper(name[i]) &&
			(!unicode.IsUpper(name[i-1]) || i+1 < len(name) && unicode.IsLower(name[i+1]))
		if !boundary {
			continue
		}
		word := string(name[start:i])
		if i-start == 1 || word != strings.ToUpper(word) {
			word = strings.ToLower(word)
		}
		words, start = append(words, word), i
	}
	return strings.Join(words, " ")
}

// Plain returns a value in the form that Value has, or an error if it is not of
// the knob's kind. Values of equal meaning have the same plain form.
func (k Knob) Plain(value string) (string, error) {
	switch k.Kind {
	case Int:
		n, err := strconv.ParseInt(value, 0, 64)
		if err != nil {
			return "", fmt.Errorf("%s: %q is not an integer", k.Name, value)
		}
		return strconv.FormatInt(n, 10), nil
	case Float:
		x, err := parseFloat(value)
		if err != nil {
			return "", fmt.Errorf("%s: %q is not a number", k.Name, value)
		}
		return formatFloat(x), nil
	case Bool:
		if value != "true" && value != "false" {
			return "", fmt.Errorf("%s: %q is neither true nor false", k.Name, value)
		}
	case String:
	}
	return value, nil
}

// Check returns an error if the value is not of the knob's kind or lies outside
// its domain.
func (k Knob) Check(value string) error {
	plain, err := k.Plain(value)
	if err != nil {
		return err
	}
	if k.Domain.IsRange() {
		if x, _ := parseFloat(plain); x < k.Domain.Low || x > k.Domain.High {
			return fmt.Errorf("%s: %s is outside %s", k.Name, plain, k.Domain)
		}
		return nil
	}
	if !slices.Contains(k.Domain.Choices, plain) {
		return fmt.Errorf("%s: %s is not one of %s", k.Name, plain, k.Domain)
	}
	return nil
}

// literal renders a checked value as Go source.
func (k Knob) literal(value string) string {
	plain, err := k.Plain(value)
	switch {
	case err != nil || k.Kind == String:
		return strconv.Quote(value)
	case k.Kind == Float && !strings.ContainsAny(plain, ".e"):
		return plain + ".0" // So that the source alone tells a float.
	}
	return plain
}

func parseFloat(text string) (float64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(x) || math.IsInf(x, 0)) {
		err = strconv.ErrRange
	}
	return x, err
}

func formatFloat(x float64) string {
	if x == 0 {
		x = 0 // Minus zero is zero.
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
