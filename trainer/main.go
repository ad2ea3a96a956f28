package main

import (
	_ "embed"
	"os"

	"github.com/ternlab/ternlab/trainer/command"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/train"
	_ "github.com/ternlab/ternlab/trainer/enclose" // before all else: a training by hand goes into the sandbox
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/trainer/llama"
)

//go:embed recipe.go
var recipeSource string

func main() {
	os.Exit(command.Trainer(recipeSource, func(config llama.Config, settings train.Settings) (harness.Training, error) {
		recipe := NewRecipe()
		if err := knobs.Assign(&recipe, recipeSource, settings.Set); err != nil {
			return nil, program.Misuse(err)
		}
		if settings.ActivationBits != 0 {
			recipe.ActivationBits = settings.ActivationBits
		}
		return NewTraining(recipe, config, settings.Steps, settings.GroupFallback)
	}))
}
