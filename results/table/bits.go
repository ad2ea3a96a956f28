package table

// Bits is how many bits an export has and where they are, as the evaluator counts
// them: a ternary code as log2(3), all else as it is stored.
type Bits struct {
	Weights      int     `json:"weights"`    // Of the linear layers, the ternary ones.
	Parameters   int     `json:"parameters"` // Of the model: weights, embedding and norms.
	Codes        Measure `json:"codes"`
	Scales       Measure `json:"scales"`
	Biases       Measure `json:"biases"`
	InputScales  Measure `json:"input_scales"`
	Embedding    Measure `json:"embedding"`
	Norms        Measure `json:"norms"`
	Total        Measure `json:"total"`
	PerWeight    Measure `json:"per_weight"`    // Of codes, scales, biases and input scales together, by weight.
	PerParameter Measure `json:"per_parameter"` // Of the total, by parameter.
}
