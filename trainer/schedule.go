package main

import "math"

// lambda is the share of quantization in a step's weights, 0 to 1.
func (t *Training) lambda(step int) float64 {
	progress := min(float64(step)/float64(t.LambdaSteps), 1)
	switch t.LambdaSchedule {
	case "none":
		return 1
	case "cosine":
		return 0.5 * (1 - math.Cos(math.Pi*progress))
	case "exponential":
		return 1 - math.Pow(1-progress, 4)
	case "step":
		return math.Floor(4*progress) / 4
	default: // linear
		return progress
	}
}

// learningRate rises linearly to its peak and stays there.
func (t *Training) learningRate(step int) float64 {
	if t.LearningSteps == 0 {
		return t.LearningRate
	}
	return t.LearningRate * min(float64(step)/float64(t.LearningSteps), 1)
}
