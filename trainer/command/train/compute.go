package train

import (
	"fmt"

	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// apply applies the recipe, and says how many steps the training has: --steps or,
// with --tokens, as many as have no more tokens than that. How large a step is the
// recipe says, which is told the number of steps for its schedules. So it is asked
// twice, and must answer the same.
func (o trainOptions) apply(newTraining NewTraining, config llama.Config) (harness.Training, int, error) {
	training, shape, err := o.applyFor(newTraining, config, o.Steps)
	if err != nil || o.Tokens == 0 {
		return training, o.Steps, err
	}
	steps := o.Tokens / shape.Tokens()
	if steps < 1 {
		return nil, 0, fmt.Errorf("apply recipe: a step of %s has %d tokens, but the whole training may have %d; take smaller or fewer batches a step",
			shape, shape.Tokens(), o.Tokens)
	}
	training, again, err := o.applyFor(newTraining, config, steps)
	if err == nil && again != shape {
		err = fmt.Errorf("apply recipe: a step has %s in a training of %d steps, but %s in one of %d; it must not depend on their number", shape, o.Steps, again, steps)
	}
	return training, steps, err
}

// applyFor applies the recipe for a training of so many steps. What it says of a
// step's shape is asked for once, here.
func (o trainOptions) applyFor(newTraining NewTraining, config llama.Config, steps int) (harness.Training, harness.Shape, error) {
	training, err := newTraining(config, o.settings(steps))
	if err == nil {
		training, err = harness.Counted(training)
	}
	if err != nil {
		return nil, harness.Shape{}, fmt.Errorf("apply recipe: %w", err)
	}
	shape, err := harness.ShapeOf(training)
	return training, shape, err
}

// computeMessage says what a training took, counted here and not by the recipe.
func computeMessage(config llama.Config, training harness.Training, steps int, seconds float64) (string, error) {
	shape, err := harness.ShapeOf(training)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("compute: %d steps of %s, %d tokens, %.3g FLOPs, %.1f s",
		steps, shape, steps*shape.Tokens(), harness.FLOPs(config, shape, training.Distills(), steps), seconds), nil
}
