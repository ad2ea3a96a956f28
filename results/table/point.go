package table

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Point is one evaluation during a training: the columns of results.tsv that
// program.md names, in its order.
type Point struct {
	Step      int     `json:"step"`       // Optimizer steps done.
	Lambda    Measure `json:"lambda"`     // Share of quantization in the training forward pass, 0 to 1.
	TrainLoss Measure `json:"train_loss"` // Mean cross-entropy, nats per token.
	TrainPPL  Measure `json:"train_ppl"`  // exp(TrainLoss).
	EvalPPL   Measure `json:"eval_ppl"`   // Perplexity of the ternary model (lambda = 1), per token.
	EvalBPB   Measure `json:"eval_bpb"`   // Bits per byte of the same text.
	LR        Measure `json:"lr"`         // Learning rate of this step.
	TimeS     Measure `json:"time_s"`     // Seconds since the start of the training.
	BestPPL   Measure `json:"best_ppl"`   // Lowest EvalPPL of this training so far.
	QNeg1     Measure `json:"q_neg1"`     // Share of weights quantized to -1.
	QZero     Measure `json:"q_zero"`     // Share of weights quantized to 0.
	QPos1     Measure `json:"q_pos1"`     // Share of weights quantized to +1.
	// At is the step of a training of the run's own length at which as large a share
	// of it is done, in its run; 0 is Step itself.
	At int `json:"at,omitempty"`
}

// NewPoint returns a point at step with every measure missing.
func NewPoint(step int) Point {
	none := Missing()
	return Point{
		Step: step, Lambda: none, TrainLoss: none, TrainPPL: none, EvalPPL: none, EvalBPB: none,
		LR: none, TimeS: none, BestPPL: none, QNeg1: none, QZero: none, QPos1: none,
	}
}

// Place is the step by which points of trainings of different lengths compare.
func (p Point) Place() int { return cmp.Or(p.At, p.Step) }

// Beside is the point of another training that has had as large a share of its
// steps, if eval_ppl was measured there.
func (p Point) Beside(others []Point) (Point, bool) {
	i := slices.IndexFunc(others, func(other Point) bool { return other.Place() == p.Place() && other.EvalPPL.Valid() })
	if i < 0 {
		return Point{}, false
	}
	return others[i], true
}

// UnmarshalJSON reads a point; a field that is absent is missing, not 0.
func (p *Point) UnmarshalJSON(text []byte) error {
	type fields Point // without this method, or it would call itself
	read := fields(NewPoint(0))
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*p = Point(read)
	return nil
}
