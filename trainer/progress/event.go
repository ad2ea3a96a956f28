package progress

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/ternlab/ternlab/workspace/visible"
)

// MaxLine is the longest event line, in bytes, that ParseEvent accepts.
const MaxLine = 16 << 10

// maxMessage is the longest message, in runes, that ParseEvent lets through.
const maxMessage = 300

// maxTokens bounds the tokens of a training.
const maxTokens = 1_000_000_000_000_000

// maxSteps bounds step numbers, so that sums of them stay far from overflow.
const maxSteps = 1_000_000_000

// Kind says what an event reports.
type Kind string

// The kinds of event, in the order in which a training run reports them.
const (
	Start    Kind = "start"    // the run begins; Steps is set
	Step     Kind = "step"     // a training step is done
	Eval     Kind = "eval"     // the model was evaluated on the way
	Snapshot Kind = "snapshot" // the ternary model as it is was written, for another program to evaluate
	Export   Kind = "export"   // the ternary model was written
	Done     Kind = "done"     // the run ended well
)

// Event is one line of a trainer's progress. A nil figure is one that the
// trainer doesn't know at this point.
type Event struct {
	Kind  Kind `json:"kind"`
	Step  int  `json:"step"`
	Steps int  `json:"steps"`

	Tokens int     `json:"tokens,omitempty"` // that the steps so far trained on, all together
	FLOPs  float64 `json:"flops,omitempty"`  // floating-point operations of their matrix products

	Lambda    *float64 `json:"lambda,omitempty"`     // share of quantization in the weights, 0 to 1
	TrainLoss *float64 `json:"train_loss,omitempty"` // nats per token
	TrainPPL  *float64 `json:"train_ppl,omitempty"`  // exp of the training loss
	EvalPPL   *float64 `json:"eval_ppl,omitempty"`   // perplexity at lambda 1
	EvalBPB   *float64 `json:"eval_bpb,omitempty"`   // bits per byte at lambda 1
	BestPPL   *float64 `json:"best_ppl,omitempty"`   // lowest eval_ppl of this run
	GradNorm  *float64 `json:"grad_norm,omitempty"`  // norm of all gradients of this step, before clipping
	LR        *float64 `json:"lr,omitempty"`         // learning rate of this step
	TimeS     *float64 `json:"time_s,omitempty"`     // seconds since the run began
	QNeg1     *float64 `json:"q_neg1,omitempty"`     // share of weights at -1
	QZero     *float64 `json:"q_zero,omitempty"`     // share of weights at 0
	QPos1     *float64 `json:"q_pos1,omitempty"`     // share of weights at +1

	Message string   `json:"message,omitempty"` // one line for a person
	Refuses []string `json:"refuses,omitempty"` // of a start: recipes one knob away that won't be trained, as Name=value

	// Claimed says that all figures but eval_ppl and eval_bpb are what a process says of
	// itself that nobody trusts. It is never read.
	Claimed bool `json:"-"`
}

// Reporter takes the events of one training run, in order, from one goroutine.
type Reporter interface {
	Report(e Event)
}

// ParseEvent reads one line that a JSON reporter wrote. The line comes from a
// process that isn't trusted: a line that is too long, isn't an event, or has
// impossible steps is an error, and the message is capped and freed of control
// characters.
func ParseEvent(line []byte) (Event, error) {
	e, err := ParseWhole(line)
	e.Message = visible.Cut(e.Message, maxMessage)
	return e, err
}

// ParseWhole is ParseEvent for whoever shows a message and keeps none of it: messages
// are as long as they are.
func ParseWhole(line []byte) (Event, error) {
	if len(line) > MaxLine {
		return Event{}, fmt.Errorf("parse progress: line of %d bytes is longer than %d", len(line), MaxLine)
	}
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, fmt.Errorf("parse progress: %w", err)
	}
	if err := e.validate(); err != nil {
		return Event{}, fmt.Errorf("parse progress: %w", err)
	}
	e.Message = visible.Line(e.Message)
	return e.plausible(), nil
}

func (e Event) validate() error {
	switch e.Kind {
	case Start, Step, Eval, Snapshot, Export, Done:
	case "":
		return errors.New("no kind")
	default:
		return fmt.Errorf("unknown kind %.20q", string(e.Kind))
	}
	if e.Steps < 0 || e.Steps > maxSteps {
		return fmt.Errorf("steps %d is not in 0..%d", e.Steps, maxSteps)
	}
	if e.Step < 0 || e.Step > e.Steps {
		return fmt.Errorf("step %d is not in 0..%d", e.Step, e.Steps)
	}
	if e.Tokens < 0 || e.Tokens > maxTokens || !(e.FLOPs >= 0) {
		return fmt.Errorf("%d tokens or %g operations are impossible", e.Tokens, e.FLOPs)
	}
	return nil
}

// figures points at each of the event's figures.
func (e *Event) figures() []**float64 {
	return []**float64{
		&e.Lambda, &e.TrainLoss, &e.TrainPPL, &e.EvalPPL, &e.EvalBPB, &e.BestPPL,
		&e.GradNorm, &e.LR, &e.TimeS, &e.QNeg1, &e.QZero, &e.QPos1,
	}
}

// maxFigure is far above any figure of a training.
const maxFigure = 1e12

// plausible returns the event without figures that would fill a screen.
func (e Event) plausible() Event {
	for _, figure := range e.figures() {
		if *figure != nil && math.Abs(**figure) > maxFigure {
			*figure = nil
		}
	}
	return e
}

// finite returns the event without its NaN and infinite figures, which JSON
// can't hold.
func (e Event) finite() Event {
	for _, figure := range e.figures() {
		if *figure != nil && (math.IsNaN(**figure) || math.IsInf(**figure, 0)) {
			*figure = nil
		}
	}
	return e
}
