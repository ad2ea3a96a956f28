package main

import "math"

// lambda is the share of quantization in a step's weights, 0 to 1. The schedules
// are those of https://huggingface.co/blog/1_58_llm_extreme_quantization.
func (t *Training) lambda(step int) float64 {
	progress := min(float64(step)/float64(t.LambdaSteps), 1)
	switch t.LambdaSchedule {
	case "none":
		return 1
	case "cosine":
		return 0.5 * (1 - math.Cos(math.Pi*progress))
	case "exponential":
		return 1 - math.Pow(1-progress, t.LambdaRate)
	case "step":
		return math.Floor(float64(t.LambdaLevels)*progress) / float64(t.LambdaLevels)
	default: // linear
		return progress
	}
}

// learningRate rises linearly to its peak over the first LearningSteps and then
// falls as LearningDecay says.
func (t *Training) learningRate(step int) float64 {
	if step <= t.LearningSteps {
		return t.LearningRate * float64(step) / float64(t.LearningSteps)
	}
	return t.LearningRate * t.decay(step)
}

// decay is the share of the peak learning rate after the warmup: 1 at its first
// step, and almost 0 at the last, after which it would be 0.
func (t *Training) decay(step int) float64 {
	progress := float64(step-1-t.LearningSteps) / float64(max(t.steps-t.LearningSteps, 1))
	switch t.LearningDecay {
	case "linear":
		return max(1-progress, 0)
	case "cosine":
		return 0.5 * (1 + math.Cos(math.Pi*min(progress, 1)))
	case "wsd": // warmup, stable, decay: Hu et al. 2024, https://arxiv.org/abs/2404.06395
		falling := max(math.Round(t.DecayShare*float64(t.steps)), 1) // steps
		return max(min(float64(t.steps-step+1)/falling, 1), 0)
	default: // none
		return 1
	}
}
