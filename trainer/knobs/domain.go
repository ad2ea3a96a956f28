package knobs

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Domain is the set of values that a knob may take: a list of choices, or a
// closed range of numbers.
type Domain struct {
	Choices   []string // In plain form, as listed; nil for a range.
	Low, High float64  // The ends of a range, both included.
	Log       bool     // The logarithm is the range's natural scale.
}

// IsRange tells a range from a list of choices.
func (d Domain) IsRange() bool { return d.Choices == nil }

// String returns the domain as the recipe's comments write it.
func (d Domain) String() string {
	if !d.IsRange() {
		return "{" + strings.Join(d.Choices, ", ") + "}"
	}
	text := "[" + formatFloat(d.Low) + ", " + formatFloat(d.High) + "]"
	if d.Log {
		text += " log"
	}
	return text
}

// Values lists the values worth trying, in order: all choices, or the range at
// a resolution that a noisy measurement can tell apart. That is ten values a
// decade on a log scale (preferred numbers: 1, 1.3, 1.6, 2, 2.5, 3.2, 4, 5, 6.3,
// 8), else 10 to 25 even steps; both ends are always among them.
func (k Knob) Values() []string {
	if !k.Domain.IsRange() {
		return slices.Clone(k.Domain.Choices)
	}
	points := k.Domain.linearPoints(k.Kind == Int)
	if k.Domain.Log {
		points = k.Domain.logPoints()
	}
	values := []string{}
	for _, x := range points {
		text := formatFloat(min(max(x, k.Domain.Low), k.Domain.High))
		if k.Kind == Int {
			text = strconv.FormatInt(int64(math.Round(x)), 10)
		}
		if k.Check(text) == nil {
			values = append(values, text)
		}
	}
	return slices.Compact(values)
}

// logPoints returns the preferred numbers within the range, and its ends.
func (d Domain) logPoints() []float64 {
	points := []float64{d.Low}
	mantissas := []string{"1", "1.3", "1.6", "2", "2.5", "3.2", "4", "5", "6.3", "8"}
	for decade := math.Floor(math.Log10(d.Low)); decade <= math.Log10(d.High); decade++ {
		for _, mantissa := range mantissas {
			// Read as text: 1.3e-05 exactly, which 1.3 times 1e-05 is not.
			x, err := parseFloat(mantissa + "e" + strconv.Itoa(int(decade)))
			if err == nil && x > d.Low && x < d.High {
				points = append(points, x)
			}
		}
	}
	return append(points, d.High)
}

// linearPoints returns multiples of a round step within the range, and its ends.
func (d Domain) linearPoints(integers bool) []float64 {
	step, digits := roundStep((d.High - d.Low) / 25)
	if integers && step < 1 {
		step, digits = 1, 0
	}
	points := []float64{d.Low}
	first := math.Floor(d.Low/step) + 1
	for i := range 26 {
		// Rounded as text: 0.3 exactly, which 3 times 0.1 is not.
		x, err := parseFloat(strconv.FormatFloat((first+float64(i))*step, 'f', digits, 64))
		if err == nil && x > d.Low && x < d.High {
			points = append(points, x)
		}
	}
	return append(points, d.High)
}

// roundStep returns the smallest of 1, 2, 5 times a power of ten that is at
// least the given width, and the digits after the point that it needs.
func roundStep(width float64) (step float64, digits int) {
	exponent := math.Floor(math.Log10(width))
	unit := math.Pow(10, exponent)
	for _, factor := range []float64{1, 2, 5, 10} {
		step = factor * unit
		if step >= width*(1-1e-9) {
			break
		}
	}
	return step, max(0, -int(exponent))
}

// parseDomain splits a field's comment into its domain and its sentence. A
// comment that starts with neither brace nor bracket holds no domain: ok is
// false.
func parseDomain(comment string) (d Domain, doc string, ok bool, err error) {
	text := strings.TrimSpace(comment)
	switch {
	case strings.HasPrefix(text, "{"):
		d, doc, err = parseChoices(text)
	case strings.HasPrefix(text, "["):
		d, doc, err = parseRange(text)
	default:
		return Domain{}, "", false, nil
	}
	return d, doc, true, err
}

func parseChoices(text string) (Domain, string, error) {
	inside, rest, closed := strings.Cut(text[1:], "}")
	if !closed {
		return Domain{}, "", errors.New("the list of choices has no closing brace")
	}
	choices := []string{}
	for choice := range strings.SplitSeq(inside, ",") {
		choice = strings.TrimSpace(choice)
		if choice == "" {
			return Domain{}, "", fmt.Errorf("an empty choice in {%s}", inside)
		}
		if strings.ContainsAny(choice, "\"`") {
			return Domain{}, "", fmt.Errorf("choice %s: write it without quotes", choice)
		}
		choices = append(choices, choice)
	}
	return Domain{Choices: choices}, strings.TrimSpace(rest), nil
}

func parseRange(text string) (Domain, string, error) {
	inside, rest, closed := strings.Cut(text[1:], "]")
	if !closed {
		return Domain{}, "", errors.New("the range has no closing bracket")
	}
	low, high, two := strings.Cut(inside, ",")
	if !two {
		return Domain{}, "", fmt.Errorf("range [%s]: want [low, high]", inside)
	}
	d, errs := Domain{}, [2]error{}
	d.Low, errs[0] = parseFloat(strings.TrimSpace(low))
	d.High, errs[1] = parseFloat(strings.TrimSpace(high))
	if errs[0] != nil || errs[1] != nil {
		return Domain{}, "", fmt.Errorf("range [%s]: want two numbers", inside)
	}
	rest = strings.TrimSpace(rest)
	if after, found := strings.CutPrefix(rest, "log"); found && (after == "" || strings.ContainsAny(after[:1], ". ")) {
		d.Log, rest = true, strings.TrimSpace(strings.TrimPrefix(after, "."))
	}
	switch {
	case d.Low >= d.High:
		return Domain{}, "", fmt.Errorf("range [%s]: its low end is not below its high end", inside)
	case math.IsInf(d.High-d.Low, 0):
		return Domain{}, "", fmt.Errorf("range [%s] is too wide", inside)
	case d.Log && d.Low <= 0:
		return Domain{}, "", fmt.Errorf("range [%s]: a log scale needs a low end above 0", inside)
	}
	return d, rest, nil
}
