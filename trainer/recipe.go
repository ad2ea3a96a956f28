package main

// Recipe is every knob of the experiment. [NewRecipe] gives each its value and,
// in the comment behind it, its domain, from which the offline proposers draw:
// {a, b, c} is a choice, [low, high] a closed range, log a logarithmic one. "if"
// names the choice of another knob without which this one does nothing.
type Recipe struct {
	LambdaSchedule string
	LambdaSteps    int
	LambdaRate     float64
	LambdaLevels   int

	Optimizer     string
	LearningRate  float64
	LearningSteps int
	LearningDecay string
	DecayShare    float64
	WeightDecay   float64
	Beta1, Beta2  float64
	ClipNorm      float64

	GroupSize        string
	Scale            string
	DeadZone         float64
	DeadZoneRecovery string
	DeadShare        float64
	TequilaEpsilon   float64

	ActivationBits   int
	ActivationScales string
	ActivationStart  string

	CrossEntropy   float64
	DistillLogits  float64
	Temperature    float64
	DistillLayers  float64
	LayersDistance string

	BatchSize         int
	SequenceLength    int
	AccumulationSteps int
}

// NewRecipe is the recipe that trains when nothing else is said.
func NewRecipe() Recipe {
	return Recipe{
		// Quantization is blended in: weights are (1-lambda)·full + lambda·ternary.
		LambdaSchedule: "linear", // {linear, cosine, exponential, step, none} How lambda rises from 0 to 1; none starts at 1.
		LambdaSteps:    500,      // {50, 100, 500, 1000, 2000, 5000} if LambdaSchedule is not none. Steps until lambda is 1.
		LambdaRate:     4,        // [2, 10] if LambdaSchedule is exponential. How steeply lambda starts: 1-(1-progress)^rate.
		LambdaLevels:   4,        // {2, 4, 8} if LambdaSchedule is step. Stairs on which lambda rises.

		Optimizer:     "adamw", // {adamw, muon} Muon is for the linear layers' weights; the rest stays with AdamW.
		LearningRate:  2e-5,    // [1e-5, 3e-3] log. Peak learning rate.
		LearningSteps: 50,      // {0, 10, 50, 100, 200, 500} Steps over which the learning rate rises to its peak.
		LearningDecay: "none",  // {none, linear, cosine, wsd} How the learning rate falls to 0 by the last step; wsd stays at the peak first.
		DecayShare:    0.2,     // [0.1, 0.9] if LearningDecay is wsd. Share of all steps over which the learning rate falls.
		WeightDecay:   0,       // [0, 0.1] Decoupled decay of the linear layers' weights, per unit of learning rate.
		Beta1:         0.9,     // {0.8, 0.85, 0.9, 0.95} AdamW's memory of gradients.
		Beta2:         0.95,    // {0.9, 0.95, 0.98, 0.99, 0.999} AdamW's memory of squared gradients.
		ClipNorm:      1.0,     // {0, 0.5, 1, 2, 5} Largest norm of all gradients together; 0 is no limit.

		GroupSize:        "64",      // {64, 128, 256, row} Neighbouring weights that share one scale; row is a whole row.
		Scale:            "absmean", // {absmean, absmax, twn, optimal, lsq, seq} A group's scale; lsq and seq are learned.
		DeadZone:         0.5,       // [0.3, 0.8] if Scale is absmean or absmax. Weights up to this share of the scale become 0.
		DeadZoneRecovery: "none",    // {none, reactivate, tequila, arenas} What is done for weights that became 0.
		DeadShare:        0.4,       // [0.3, 0.6] if DeadZoneRecovery is reactivate. Share of zeros above which weights are reactivated.
		TequilaEpsilon:   1e-3,      // [1e-4, 1e-1] log if DeadZoneRecovery is tequila. Weight of dead weights in the bias they become.

		ActivationBits:   16,       // {8, 16} Bits of the inputs of linear layers; 16 is not quantized.
		ActivationScales: "token",  // {token, channel} if ActivationBits is 8. Whose largest input sets the scale: the token's, or the channel's in training.
		ActivationStart:  "lambda", // {lambda, once} if ActivationBits is 8. Whether lambda blends the rounding in or it is whole at once.

		CrossEntropy:   1.0,      // {0.1, 0.5, 1} Weight of the next token's cross-entropy.
		DistillLogits:  0,        // {0, 0.5, 1, 2} Weight of the divergence from the full-precision model's predictions.
		Temperature:    1.0,      // {1, 2, 4} if DistillLogits is not 0. Softens the predictions that are compared.
		DistillLayers:  0,        // {0, 0.1, 0.3, 1, 3, 10} Weight of the distance from the full-precision model's layers.
		LayersDistance: "cosine", // {cosine, squared} if DistillLayers is not 0. Distance between outputs of layers.

		BatchSize:         2,   // {1, 2, 4} Sequences that pass through the network at once.
		SequenceLength:    128, // {64, 128, 256} Tokens per sequence.
		AccumulationSteps: 1,   // {1, 2, 4, 8} Batches per step, their gradients averaged; time grows with them, memory doesn't.
	}
}
