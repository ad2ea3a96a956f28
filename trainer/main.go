package main

import (
	_ "embed"
	"os"

	"github.com/ternlab/ternlab/trainer/command"
	_ "github.com/ternlab/ternlab/trainer/enclose" // before all else: a training by hand goes into the sandbox
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/plots"
)

//go:embed recipe.go
var recipeSource string

func main() {
	os.Exit(command.Trainer(recipeSource, func(config llama.Config, settings command.Settings) (harness.Training, error) {
		recipe := NewRecipe()
		if err := knobs.Assign(&recipe, recipeSource, settings.Set); err != nil {
			return nil, command.Misuse(err)
		}
		if settings.ActivationBits != 0 {
			recipe.ActivationBits = settings.ActivationBits
		}
		return NewTraining(recipe, config, settings.Steps, settings.GroupFallback)
	}, plots.Write))
}
