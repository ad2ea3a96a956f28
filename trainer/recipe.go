package main

// Recipe is every knob of the experiment. [NewRecipe] gives each its value and,
// in the comment behind it, its domain, from which the offline proposers draw:
// {a, b, c} is a choice, [low, high] a closed range, log a logarithmic one.
type Recipe struct {
	LambdaSchedule string
	LambdaSteps    int

	LearningRate  float64
	LearningSteps int
	WeightDecay   float64
	Beta1, Beta2  float64
	ClipNorm      float64

	GroupSize        int
	Scale            string
	DeadZone         float64
	DeadZoneRecovery string
	ActivationBits   int

	BatchSize         int
	SequenceLength    int
	AccumulationSteps int
}

// NewRecipe is the recipe that trains when nothing else is said.
func NewRecipe() Recipe {
	return Recipe{
		// Quantization is blended in: weights are (1-lambda)·full + lambda·ternary.
		LambdaSchedule: "linear", // {linear, cosine, exponential, step, none} How lambda rises from 0 to 1; none starts at 1.
		LambdaSteps:    500,      // {50, 100, 500, 1000, 2000, 5000} Steps until lambda is 1.

		LearningRate:  2e-5, // [1e-5, 3e-3] log. Peak learning rate of AdamW.
		LearningSteps: 50,   // {0, 10, 50, 100, 200, 500} Steps over which the learning rate rises to its peak.
		WeightDecay:   0,    // [0, 0.1] Decoupled decay of the linear layers' weights, per unit of learning rate.
		Beta1:         0.9,  // [0.8, 0.95] AdamW's memory of gradients.
		Beta2:         0.95, // [0.9, 0.999] AdamW's memory of squared gradients.
		ClipNorm:      1.0,  // {0, 0.5, 1, 2, 5} Largest norm of all gradients together; 0 is no limit.

		GroupSize:        64,        // {64, 128, 256} Neighbouring weights of a row that share one scale.
		Scale:            "absmean", // {absmean, absmax} A group's scale, from the sizes of its weights.
		DeadZone:         0.5,       // [0.3, 0.8] Weights up to this share of the scale become 0.
		DeadZoneRecovery: "none",    // {none, reactivate, tequila} What is done for weights that became 0.
		ActivationBits:   16,        // {8, 16} Bits of the inputs of linear layers; 16 is not quantized.

		BatchSize:         2,   // {1, 2, 4} Sequences that pass through the network at once.
		SequenceLength:    128, // {64, 128, 256} Tokens per sequence.
		AccumulationSteps: 1,   // {1, 2, 4, 8} Batches per step, their gradients averaged; time grows with them, memory doesn't.
	}
}
