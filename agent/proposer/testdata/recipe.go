package main

// Recipe is everything that a training run can vary.
type Recipe struct {
	LambdaSchedule   string
	LambdaSteps      int
	LearningRate     float64
	LRWarmupSteps    int
	GroupSize        int
	ActivationBits   int
	WeightScale      string
	DeadZone         float64
	DeadZoneRecovery bool
	ClipNorm         float64
	BatchSize        int
	SequenceLength   int
	WeightDecay      float64
	Beta2            float64
}

// NewRecipe returns the recipe that a run starts from. A comment's first part
// is the knob's domain: {choices} or [low, high].
func NewRecipe() Recipe {
	return Recipe{
		// Quantization.
		LambdaSchedule:   "linear",  // {linear, cosine, exponential, step} How lambda rises to 1.
		LambdaSteps:      500,       // {0, 50, 100, 500, 1000, 2000, 5000} Steps until lambda is 1.
		GroupSize:        64,        // {64, 128, 256} Weights that share one scale.
		ActivationBits:   16,        // {8, 16} Bits of an activation; 16 leaves it as it is.
		WeightScale:      "absmean", // {absmean, absmax} What a group's scale is made of.
		DeadZone:         0.5,       // [0.3, 0.8] Weights below this part of the scale become 0.
		DeadZoneRecovery: false,     // {true, false} Whether dead weights are folded into a bias.

		// Optimizer.
		LearningRate:  2e-5, // [1e-5, 3e-3] log. Peak learning rate.
		LRWarmupSteps: 50,   // {0, 50, 100, 200, 500} Steps until the learning rate peaks.
		ClipNorm:      1.0,  // {0, 0.5, 1, 2, 5} Gradient clipping by global norm; 0 is off.
		WeightDecay:   0.01, // [0, 0.2] Decoupled weight decay.
		Beta2:         0.99, // AdamW's second moment, as the papers have it.

		// Data.
		BatchSize:      8,  // {4, 8, 16} Sequences in a batch.
		SequenceLength: 64, // {32, 64, 128} Tokens in a sequence.
	}
}
