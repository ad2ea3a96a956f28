package contract

// Measurement is the job of an evaluator: which model it measures, on which text. Its
// fields are flags (package settings).
type Measurement struct {
	Model      string `flag:"model,omitempty" help:"export, model folder or GGUF file to measure; empty is the preset's own full-precision model"`
	Preset     string `flag:"preset" help:"the model that an export was trained from, and texts"`
	EvalText   string `flag:"eval-text,omitempty" help:"file to measure on; empty is the preset's evaluation text"`
	EvalTokens int    `flag:"eval-tokens,omitempty" help:"measure on no more than the first tokens of the evaluation text, in whole windows; 0 is all. Figures of different limits don't compare"`
	Backend    string `flag:"backend" help:"what computes"`
	JSON       bool   `flag:"json" help:"print one JSON object"`
}

// Export is what the evaluator is told of an export. Its fields are flags.
type Export struct {
	Ternary bool `flag:"ternary" help:"refuse a --model that isn't an export of the trainer"`
	Biases  bool `flag:"biases" help:"let an export have biases, which only a recipe with DeadZoneRecovery tequila makes"`
}

// Evaluation is what the evaluator measured of a model on a text, as it prints it.
type Evaluation struct {
	EvalPPL float64   `json:"eval_ppl"` // exp of the mean negative log-likelihood per token.
	EvalBPB float64   `json:"eval_bpb"` // Bits per byte of the predicted tokens' text.
	Tokens  int       `json:"tokens"`   // Tokens scored.
	Bytes   int       `json:"bytes"`    // Bytes of the text that they stand for.
	Windows int       `json:"windows"`
	Context int       `json:"context"` // Tokens per window.
	Ternary bool      `json:"ternary"`
	Blocks  []float32 `json:"blocks"`         // Nats per token of consecutive pieces of the text.
	Bits    *Bits     `json:"bits,omitempty"` // Of an export.
}

// Bits is how many bits an export has and where they are, a ternary code as log2(3),
// all else as it is stored.
type Bits struct {
	Weights      int     `json:"weights"`    // Of the linear layers, the ternary ones.
	Parameters   int     `json:"parameters"` // Of the model: weights, embedding and norms.
	Codes        float64 `json:"codes"`
	Scales       float64 `json:"scales"`
	Biases       float64 `json:"biases"`
	InputScales  float64 `json:"input_scales"`
	Embedding    float64 `json:"embedding"`
	Norms        float64 `json:"norms"`
	Total        float64 `json:"total"`
	PerWeight    float64 `json:"per_weight"`    // Of codes, scales, biases and input scales together, by weight.
	PerParameter float64 `json:"per_parameter"` // Of the total, by parameter.
}
