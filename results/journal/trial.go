package journal

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/contract"
)

// Trial is one training of an experiment's recipe, on one seed, and what was
// measured of it.
type Trial struct {
	Seed       uint64         `json:"seed"`
	EvalPPL    table.Measure  `json:"eval_ppl"` // Missing until it was evaluated, and where it was stopped.
	EvalBPB    table.Measure  `json:"eval_bpb"`
	HoldoutPPL table.Measure  `json:"holdout_ppl"` // On the newest text that no verdict rests on.
	TimeS      table.Measure  `json:"time_s"`      // Seconds of training and evaluation.
	MemoryGB   table.Measure  `json:"memory_gb"`
	StoppedAt  int            `json:"stopped_at"`     // Step at which racing stopped it; 0 for not at all.
	Bits       *contract.Bits `json:"bits,omitempty"` // Of the export; nil where they weren't counted.
	Compute
	Points []table.Point `json:"-"`

	Unseen       map[string]table.Measure `json:"-"` // eval_ppl on each text of final checks, by its name.
	Blocks       map[string][]float32     `json:"-"` // Nats per token of consecutive pieces of each text, by its name; "" is the evaluation text.
	EvaluationS  table.Measure            `json:"-"` // Seconds of the last evaluation alone; 0 before there was one.
	EvaluationGB table.Measure            `json:"-"` // Its peak memory, 10^9 bytes; 0 where it isn't known.

	Failure *Failure `json:"-"` // Why it has no export.
	Abreast int      `json:"-"` // How many were trained at the same time.
}

// On returns eval_ppl on a text, by the name that Evaluated has; missing where it
// wasn't measured.
func (t Trial) On(text string) table.Measure {
	if text == "" {
		return t.EvalPPL
	}
	if ppl, ok := t.Unseen[text]; ok {
		return ppl
	}
	return table.Missing()
}

// Trial returns the experiment's training on a seed; false where there is none.
func (e *Experiment) Trial(seed uint64) (Trial, bool) {
	for _, trial := range e.Trials {
		if trial.Seed == seed {
			return trial, true
		}
	}
	return Trial{}, false
}

// HasMeasured tells whether the recipe's eval_ppl on a seed is known.
func (e *Experiment) HasMeasured(seed uint64) bool {
	trial, ok := e.Trial(seed)
	return ok && trial.EvalPPL.Valid()
}

// train takes in a training that ended. A figure never outlives the model that
// it measured, so one on the same seed is replaced.
func (e *Experiment) train(data Trained) {
	trial := Trial{
		Seed: data.Seed, EvalPPL: table.Missing(), EvalBPB: table.Missing(), HoldoutPPL: table.Missing(),
		TimeS: data.TimeS, MemoryGB: data.MemoryGB, StoppedAt: data.StoppedAt, Points: data.Points, Failure: data.Failure, Abreast: data.Abreast,
		Compute: computeOf(data),
	}
	e.Trials = slices.DeleteFunc(slices.Clone(e.Trials), func(t Trial) bool { return t.Seed == data.Seed })
	e.Trials = append(e.Trials, trial)
	e.sumUp()
}

// evaluate takes in what the evaluator measured of a training.
func (e *Experiment) evaluate(data Evaluated) error {
	e.Trials = slices.Clone(e.Trials)
	at := slices.IndexFunc(e.Trials, func(t Trial) bool { return t.Seed == data.Seed })
	if at < 0 {
		return fmt.Errorf("it was not trained on seed %d", data.Seed)
	}
	trial := &e.Trials[at]
	trial.TimeS = sum(trial.TimeS, data.TimeS)
	if data.Bits != nil {
		trial.Bits = data.Bits
	}
	trial.EvaluationS, trial.EvaluationGB = data.TimeS, data.MemoryGB
	if data.Text == "" {
		trial.EvalPPL, trial.EvalBPB = data.EvalPPL, data.EvalBPB
	} else {
		trial.HoldoutPPL, trial.Unseen = data.EvalPPL, withValue(trial.Unseen, data.Text, data.EvalPPL)
	}
	if len(data.Blocks) > 0 {
		trial.Blocks = withValue(trial.Blocks, data.Text, data.Blocks)
	}
	e.sumUp()
	return nil
}

// withValue is a map with one more value. The map that was there stays as it is: others
// have it, too.
func withValue[V any](values map[string]V, key string, value V) map[string]V {
	more := maps.Clone(values)
	if more == nil {
		more = map[string]V{}
	}
	more[key] = value
	return more
}

// sumUp derives the experiment's own figures from its trials until its verdict;
// reruns don't change them.
func (e *Experiment) sumUp() {
	if e.Status != StatusRunning {
		return
	}
	first := e.Trials[0]
	e.Points, e.EvalPPL, e.EvalBPB, e.Bits = first.Points, first.EvalPPL, first.EvalBPB, first.Bits
	e.Compute, e.TimeS, e.MemoryGB = first.Compute, table.Missing(), table.Missing()
	for _, trial := range e.Trials {
		e.TimeS = sum(e.TimeS, trial.TimeS)
		if !e.MemoryGB.Valid() || trial.MemoryGB > e.MemoryGB {
			e.MemoryGB = trial.MemoryGB
		}
	}
}

// logs are log eval_ppl of those seeds that were measured, in the order of seeds.
func (e *Experiment) logs(seeds []uint64) []float64 { return e.logsOn("", seeds) }

// logsOn are log eval_ppl on a text of those seeds that were measured on it, in the
// order of seeds.
func (e *Experiment) logsOn(text string, seeds []uint64) []float64 {
	var logs []float64
	for _, seed := range seeds {
		if trial, ok := e.Trial(seed); ok && trial.On(text).Valid() {
			logs = append(logs, math.Log(float64(trial.On(text))))
		}
	}
	return logs
}

// seeds are those that the recipe was measured on.
func (e *Experiment) seeds() []uint64 {
	var seeds []uint64
	for _, trial := range e.Trials {
		if trial.EvalPPL.Valid() {
			seeds = append(seeds, trial.Seed)
		}
	}
	return seeds
}
