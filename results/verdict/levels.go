package verdict

import "math"

// hugeShare is the part of an experiment's alpha for gains that are kept at once.
const hugeShare = 0.02

// lookShare is the part of the rest that the look after k seeds may spend: little
// while there is little to see, growing with k³. The first decides no keep: one
// difference says nothing about its own noise.
func (r Rule) lookShare(k int) float64 {
	if k < 2 || k > r.MaxSeeds {
		return 0
	}
	var sum float64
	for look := 2; look <= r.MaxSeeds; look++ {
		sum += float64(look * look * look)
	}
	return float64(k*k*k) / sum
}

// level is the chance of error with which the look after k seeds may test, so that all
// looks up to it err with no more than their shares of alpha. Looks see the same seeds
// again, so that is more than their shares alone: the sum of k differences is a random
// walk, and the chance that it crosses its bound first at look k is computed from what
// is left of its distribution, step by step, as in Lan and DeMets, "Discrete sequential
// boundaries for clinical trials", Biometrika 70 (1983), and Armitage, McPherson and
// Rowe, "Repeated significance tests on accumulating data", J. R. Stat. Soc. A 132 (1969).
func (r Rule) level(alpha float64, k int) float64 {
	const h, lowest = 0.05, 5 // width of the grid; where it begins, in standard deviations
	last := min(k, r.MaxSeeds)
	if k < 2 || alpha <= 0 {
		return 0
	}
	end := lowest * math.Sqrt(float64(last))
	highest := 8 * math.Sqrt(float64(last))
	density := make([]float64, int((end+highest)/h)+1)
	kernel := make([]float64, int(6/h)+1)
	for i := range kernel {
		kernel[i] = normal(float64(i)*h) * h
	}
	for i := range density {
		density[i] = normal(float64(i)*h - end)
	}
	var level float64
	for look := 2; look <= last; look++ {
		density = spreadOut(density, kernel)
		left := alpha * r.lookShare(look)
		bound := len(density) - 1
		for ; bound > 0 && density[bound]*h <= left; bound-- {
			left -= density[bound] * h
			density[bound] = 0
		}
		part := left / (density[bound] * h) // of the cell that the bound lies in
		density[bound] *= 1 - part
		level = math.Erfc(((float64(bound)+0.5-part)*h-end)/math.Sqrt(2*float64(look))) / 2
	}
	return level
}

// spreadOut is the density after one more difference.
func spreadOut(density, kernel []float64) []float64 {
	next := make([]float64, len(density))
	for i, mass := range density {
		if mass == 0 {
			continue
		}
		for distance, weight := range kernel {
			if at := i + distance; at < len(next) {
				next[at] += mass * weight
			}
			if at := i - distance; distance > 0 && at >= 0 {
				next[at] += mass * weight
			}
		}
	}
	return next
}

func normal(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }
