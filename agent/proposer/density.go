package proposer

import (
	"math"
	"slices"
	"strconv"

	"github.com/c-bata/goptuna/tpe"

	"github.com/ternlab/ternlab/trainer/knobs"
)

// valueDensity estimates the density of a knob's values from those seen: for
// numbers and ordered choices with goptuna's Parzen estimator, a Gaussian at each
// value seen and a wide one over the domain; for the rest by counting. It is
// positive for each of the knob's values and adds up to 1.
//
// Of goptuna only the estimator serves here: its Sampler draws from the random
// source of the whole process, so that no seed fixes what it proposes.
func valueDensity(knob knobs.Knob, seen []string) map[string]float64 {
	values := knob.Values()
	if !ordered(knob) {
		return countDensity(values, seen)
	}
	estimator := tpe.NewParzenEstimator(positions(knob, seen), position(knob, values[0])-margin(knob),
		position(knob, values[len(values)-1])+margin(knob), tpe.ParzenEstimatorParams{
			ConsiderPrior: true, PriorWeight: 1, ConsiderMagicClip: true, Weights: equalWeights,
		})
	density := map[string]float64{}
	for i, mu := range estimator.Mus {
		kernel, total := make([]float64, len(values)), 0.0
		for j, value := range values {
			z := (position(knob, value) - mu) / estimator.Sigmas[i]
			kernel[j] = math.Exp(-z * z / 2)
			total += kernel[j]
		}
		for j, value := range values {
			density[value] += estimator.Weights[i] * kernel[j] / total
		}
	}
	return density
}

func countDensity(values, seen []string) map[string]float64 {
	density := map[string]float64{}
	for _, value := range values {
		density[value] = 1 / float64(len(values))
	}
	total := 1.0
	for _, value := range seen {
		if _, ok := density[value]; ok { // A kept change may lie beyond the choices.
			density[value]++
			total++
		}
	}
	for value := range density {
		density[value] /= total
	}
	return density
}

// ordered tells whether near values of the knob are alike.
func ordered(knob knobs.Knob) bool {
	number := knob.Kind == knobs.Int || knob.Kind == knobs.Float
	return knob.Domain.IsRange() || number && len(knob.Domain.Choices) > 2
}

// margin is half the distance of two choices: a list's density reaches beyond
// its ends as far as it reaches around the others.
func margin(knob knobs.Knob) float64 {
	if knob.Domain.IsRange() {
		return 0
	}
	return 0.5
}

// position places a value on the knob's scale: a choice by its index, a number
// by itself or its logarithm. Values beyond the domain count as its ends.
func position(knob knobs.Knob, value string) float64 {
	if !knob.Domain.IsRange() {
		return float64(slices.Index(knob.Domain.Choices, value))
	}
	x, _ := strconv.ParseFloat(value, 64) // Parsed by package knobs already.
	x = min(max(x, knob.Domain.Low), knob.Domain.High)
	if knob.Domain.Log {
		return math.Log(x)
	}
	return x
}

// positions returns the sorted positions of the values that have one. The
// estimator takes them sorted: it mixes up others (v0.9.0 sorts in place, and
// then applies the order again).
func positions(knob knobs.Knob, values []string) []float64 {
	found := []float64{}
	for _, value := range values {
		if knob.Domain.IsRange() || slices.Contains(knob.Domain.Choices, value) {
			found = append(found, position(knob, value))
		}
	}
	slices.Sort(found)
	return found
}

func equalWeights(n int) []float64 {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 1
	}
	return weights
}
