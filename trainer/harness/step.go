package harness

import (
	"fmt"

	"github.com/ternlab/ternlab/trainer/contract"
)

// maxLoss is the loss in nats per token above which a training has diverged.
// Guessing at random costs ln(vocabulary), 11 at most.
const maxLoss = 100

// StepResult is what one training step tells.
type StepResult struct {
	Loss         float64 // cross-entropy, nats per token
	GradientNorm float64 // of all gradients together, before clipping
	Schedule
}

// Step trains on tokens [accumulated batches · batch, sequence+1]. A loss or gradient that isn't
// finite, or a loss above 100 nats, is an error: the training has diverged, and
// the session can't be used any more.
func (s *Session) Step(number int, tokens []int32) (StepResult, error) {
	shape := s.training.shape
	if want := shape.Batches * shape.Sequences * (shape.Length + 1); len(tokens) != want {
		return StepResult{}, fmt.Errorf("training step %d: it was given %d tokens, want %d for %s", number, len(tokens), want, shape)
	}
	result := StepResult{Schedule: s.training.Schedule(number)}
	var err error
	if result.Loss, result.GradientNorm, err = s.stepper.step(number, tokens, result.Schedule); err == nil {
		err = result.check()
	}
	if err != nil {
		return result, fmt.Errorf("training step %d: %w", number, err)
	}
	return result, nil
}

// check says whether the training has diverged.
func (r StepResult) check() error {
	if !isFinite(r.Loss) || !isFinite(r.GradientNorm) || r.Loss > maxLoss {
		return fmt.Errorf("%w: loss %g, gradient norm %g; lower the learning rate or clip harder",
			contract.ErrDiverged, r.Loss, r.GradientNorm)
	}
	return nil
}
