package main

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// effect is what a variant does to log eval_ppl.
type effect struct {
	seeds     int     // that both the variant and the reference have
	mean      float64 // of the differences between the two with the same seed
	low, high float64 // between which the mean lies with 95 % confidence; NaN for one seed
}

// Readings of an effect.
const (
	better  = "better"
	worse   = "worse"
	unclear = "no clear difference"
)

// measureEffect compares a variant with the reference, seed by seed: same seeds
// see the same data, so the differences vary less than the figures.
func measureEffect(variant, reference []figure) effect {
	var differences []float64
	for seed, f := range variant {
		if f.evalPPL > 0 && reference[seed].evalPPL > 0 {
			differences = append(differences, math.Log(f.evalPPL/reference[seed].evalPPL))
		}
	}
	e := effect{seeds: len(differences), low: math.NaN(), high: math.NaN()}
	if e.seeds == 0 {
		return e
	}
	if e.mean = stat.Mean(differences, nil); e.seeds > 1 {
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(e.seeds - 1)}.Quantile(0.975)
		half := t * stat.StdDev(differences, nil) / math.Sqrt(float64(e.seeds))
		e.low, e.high = e.mean-half, e.mean+half
	}
	return e
}

// reading says what the effect shows.
func (e effect) reading() string {
	switch {
	case e.seeds < 2:
		return "too few seeds"
	case e.high < 0:
		return better
	case e.low > 0:
		return worse
	}
	return unclear
}
