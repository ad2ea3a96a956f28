package train

import (
	"fmt"
	"math"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/memory"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// limit reads --memory-limit; 0 is what the machine has available.
func (o trainOptions) limit() (int64, error) {
	switch o.memoryLimit {
	case "":
		return 0, nil
	case "none":
		return math.MaxInt64, nil
	}
	limit, err := memory.Parse(o.memoryLimit)
	if err != nil {
		return 0, program.Misuse(fmt.Errorf("--memory-limit %w, or none", err))
	}
	return limit, nil
}

// plan is the training as far as its memory depends on it.
func (o trainOptions) plan(config llama.Config, training harness.Training, engine backend.Engine, preset prepare.Preset) memory.Plan {
	plan := memory.Plan{
		Config: config, States: mostStates(config, training), ByLayer: harness.TrainsByLayer(config),
		Plugin: engine.Name != backend.Go, Context: preset.Context,
	}
	plan.Batch, plan.Sequence = training.Batch()
	if o.Snapshots {
		plan.Context = 0
	}
	if o.Steps == 0 {
		plan.Batch, plan.Sequence = 1, 1
	}
	return plan
}

// mostStates is the number of tensors kept beside each weight: at most so many of
// the optimizer's, and the teacher's weight, if there is a teacher.
func mostStates(config llama.Config, training harness.Training) int {
	most := 0
	for _, tensor := range config.Tensors() {
		most = max(most, training.OptimizerStates(tensor))
	}
	if training.Distills() {
		most++
	}
	return most
}

// checkMemory refuses what won't fit, and says to a person what is expected. A
// GPU's memory isn't known; on one, only a limit that was asked for counts.
func (o trainOptions) checkMemory(plan memory.Plan, engine backend.Engine) (string, error) {
	limit, err := o.limit()
	if err != nil {
		return "", err
	}
	onProcessor := engine.Name == backend.Go || engine.Name == backend.XLA
	if limit == 0 && onProcessor {
		limit = memory.Available()
	}
	expected := fmt.Sprintf("memory: about %s expected", memory.Format(plan.Peak()))
	if limit == 0 || limit == math.MaxInt64 {
		return expected + ", with no limit", nil
	}
	if err := plan.Check(limit); err != nil {
		return "", fmt.Errorf("refuse to train: %w", err)
	}
	return fmt.Sprintf("%s of %s", expected, memory.Format(limit)), nil
}
