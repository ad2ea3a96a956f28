package journal

import (
	"github.com/ternlab/ternlab/results/table"
)

// What a run can give each training the same of.
const (
	EqualSteps  = "steps"  // Optimizer steps, whatever a step costs.
	EqualTokens = "tokens" // Tokens trained on: as many as the baseline's.
	EqualTime   = "time"   // Seconds, as far as a short measurement of a step's time foretells: as many as the baseline's.
)

// StandsFor is the step of a training of the run's own length at which as large a
// share of it is done as at a step of one of so many steps: a multiple of
// EvalEvery, or Steps at the end. Trainings of different lengths are evaluated, and
// compared, by these.
func (r Run) StandsFor(step, steps int) int {
	switch {
	case steps < 1 || steps == r.Steps || r.EvalEvery < 1:
		return step
	case step >= steps:
		return r.Steps
	}
	return step * r.Steps / steps / r.EvalEvery * r.EvalEvery
}

// Placed is a point of a training of so many steps, with the step that it stands for.
func (r Run) Placed(point table.Point, steps int) table.Point {
	point.At = 0
	if at := r.StandsFor(point.Step, steps); at != point.Step {
		point.At = at
	}
	return point
}

// Compute is what a training took. Steps, tokens and operations are what the
// trainer's fixed part counted, and the largest count that it gave; seconds are
// those of the agent's clock.
type Compute struct {
	TrainSteps  int           `json:"train_steps"`      // Optimizer steps that it was to have; 0 is not known: as many as the run says.
	TrainDone   int           `json:"train_steps_done"` // Of them, those that it had.
	TrainTokens table.Measure `json:"train_tokens"`     // That it trained on.
	TrainFLOPs  table.Measure `json:"train_flops"`      // Floating-point operations of its matrix products.
	TrainS      table.Measure `json:"train_s"`          // Wall time of its process, in seconds.
	StepS       table.Measure `json:"step_s"`           // Time of a step, where it was taken to hold time equal.
}

// Allotted is how many tokens the training was to have, 0 where that is not known.
func (c Compute) Allotted() int {
	if c.TrainDone < 1 || !c.TrainTokens.Valid() {
		return 0
	}
	return int(c.TrainTokens) / c.TrainDone * c.TrainSteps
}

func computeOf(data Trained) Compute {
	c := Compute{TrainSteps: data.Steps, TrainDone: data.Done, TrainTokens: table.Missing(), TrainFLOPs: table.Missing(), TrainS: data.TimeS, StepS: table.Missing()}
	if data.Tokens > 0 {
		c.TrainTokens = table.Measure(data.Tokens)
	}
	if data.FLOPs > 0 {
		c.TrainFLOPs = table.Measure(data.FLOPs)
	}
	if data.StepS > 0 {
		c.StepS = table.Measure(data.StepS)
	}
	return c
}

// At is what the training had taken after a step: tokens and operations.
func (c Compute) At(step int) (tokens, flops table.Measure) {
	if c.TrainDone < 1 {
		return table.Missing(), table.Missing()
	}
	share := table.Measure(step) / table.Measure(c.TrainDone)
	return c.TrainTokens * share, c.TrainFLOPs * share
}

// meanCompute is what a training on one of the seeds takes on average.
func (e *Experiment) meanCompute(seeds []uint64) Compute {
	mean := computeOf(Trained{TimeS: table.Missing()})
	var tokens, flops, seconds, count table.Measure
	for _, seed := range seeds {
		if trial, ok := e.Trial(seed); ok {
			mean.TrainSteps, mean.TrainDone = trial.TrainSteps, trial.TrainDone // the same on each
			tokens, flops, seconds = tokens+trial.TrainTokens, flops+trial.TrainFLOPs, seconds+trial.TrainS
			count++
		}
	}
	if count > 0 {
		mean.TrainTokens, mean.TrainFLOPs, mean.TrainS = tokens/count, flops/count, seconds/count
	}
	return mean
}
