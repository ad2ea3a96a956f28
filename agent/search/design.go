package search

import (
	"math/rand/v2"
)

// DesignSize is how many recipes of the design come before the first that rests on
// the model.
const DesignSize = 10

// design returns the recipe of the space-filling design with an index: a Latin
// hypercube, in which each knob takes its values evenly over all the recipes. It
// follows from the seed.
func (s Space) design(seed uint64, index int) Recipe {
	random := rand.New(rand.NewPCG(seed, designStream)) //nolint:gosec // not for secrets
	recipe := Recipe{}
	for i, knob := range s.knobs {
		order := random.Perm(DesignSize)
		within := make([]float64, DesignSize)
		for row := range within {
			within[row] = random.Float64()
		}
		share := (float64(order[index%DesignSize]) + within[index%DesignSize]) / DesignSize
		recipe[knob.Name] = s.values[i][min(int(share*float64(len(s.values[i]))), len(s.values[i])-1)]
	}
	return recipe
}

// designStream parts the design's random numbers from those of proposals, whose
// streams are experiments' numbers.
const designStream = 1 << 40
