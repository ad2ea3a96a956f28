package generate

import (
	"math"
	"math/rand/v2"
)

// Sampler picks tokens.
type Sampler struct {
	temperature float64
	random      *rand.Rand
}

// NewSampler draws with probabilities softmax(logits / temperature); a
// temperature of 0 always takes the likeliest token. The same seed draws the
// same.
func NewSampler(temperature float64, seed uint64) Sampler {
	const stream = 0x67656e6572617465 // keeps this use of the seed apart from others
	return Sampler{temperature, rand.New(rand.NewPCG(seed, stream))}
}

// Pick chooses a token by its logits.
func (s Sampler) Pick(logits []float32) int32 {
	best := 0
	for id, logit := range logits {
		if logit > logits[best] {
			best = id
		}
	}
	if s.temperature == 0 {
		return int32(best)
	}
	weights := make([]float64, len(logits))
	var total float64
	for id, logit := range logits {
		weights[id] = math.Exp(float64(logit-logits[best]) / s.temperature)
		total += weights[id]
	}
	place := s.random.Float64() * total
	for id, weight := range weights {
		if place -= weight; place < 0 {
			return int32(id)
		}
	}
	return int32(best) // rounding has eaten the rest
}
