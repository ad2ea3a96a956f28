package train

import (
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// NewTraining applies the mutable trainer's recipe to a model. Its error is made
// by [program.Misuse] where the settings are wrong, not the recipe.
type NewTraining func(config llama.Config, settings Settings) (harness.Training, error)

// Settings are what the command line says about a training's recipe.
type Settings struct {
	Steps          int
	ActivationBits int      // 8 or 16; 0 leaves the recipe's own
	Set            []string // knobs to change, as Name=value
	GroupFallback  bool     // layers that the group size doesn't fit take a smaller one
}
