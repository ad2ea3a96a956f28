package verdict

import (
	"maps"
	"math"
	"slices"
)

// Residuals is what recipes and seeds leave unexplained of log eval_ppl: the
// least-squares fit of value = recipe + seed, and how far values lie from it. Recipes
// that see the same data on a seed share its luck, which doesn't count as noise of
// their differences; the variance of a difference is twice that of a residual. Each
// recipe is a map from seed to value; those with one value say nothing.
func Residuals(recipes []map[uint64]float64) Spread {
	count := map[uint64]int{}
	for _, recipe := range recipes {
		if len(recipe) > 1 {
			for seed := range recipe {
				count[seed]++
			}
		}
	}
	fit := twoWay{}
	column := map[uint64]int{}
	for _, recipe := range recipes {
		var row []cell
		for _, seed := range slices.Sorted(maps.Keys(recipe)) {
			if count[seed] < 2 || len(recipe) < 2 {
				continue
			}
			if _, ok := column[seed]; !ok {
				column[seed] = len(column)
			}
			row = append(row, cell{column[seed], recipe[seed]})
		}
		if len(row) > 1 {
			fit.rows = append(fit.rows, row)
		}
	}
	fit.level, fit.luck = make([]float64, len(fit.rows)), make([]float64, len(column))
	for range 100 {
		if fit.improve() < 1e-9 {
			break
		}
	}
	return fit.residuals()
}

// cell is a value on a seed that two recipes or more were measured on.
type cell struct {
	seed  int // its column
	value float64
}

// twoWay is the fit so far.
type twoWay struct {
	rows  [][]cell
	level []float64 // by row
	luck  []float64 // by column
}

// improve fits levels, then seeds, and returns the greatest change.
func (f *twoWay) improve() float64 {
	greatest := 0.
	sums, counts := make([]float64, len(f.luck)), make([]float64, len(f.luck))
	for i, row := range f.rows {
		var sum float64
		for _, cell := range row {
			sum += cell.value - f.luck[cell.seed]
		}
		level := sum / float64(len(row))
		greatest, f.level[i] = max(greatest, math.Abs(level-f.level[i])), level
		for _, cell := range row {
			sums[cell.seed] += cell.value - level
			counts[cell.seed]++
		}
	}
	for seed, count := range counts {
		if count > 0 {
			f.luck[seed] = sums[seed] / count
		}
	}
	return greatest
}

// residuals are the squares that the fit leaves. Each row and each seed takes a degree
// of freedom; all levels may move one way and all seeds the other, which gives one back.
func (f *twoWay) residuals() Spread {
	var spread Spread
	seeds := map[int]bool{}
	for i, row := range f.rows {
		for _, cell := range row {
			residual := cell.value - f.level[i] - f.luck[cell.seed]
			spread.Squares += residual * residual
			spread.DF++
			seeds[cell.seed] = true
		}
	}
	spread.DF -= len(f.rows) + len(seeds) - 1
	if spread.DF <= 0 || len(f.rows) < 2 {
		return Spread{}
	}
	return spread
}
