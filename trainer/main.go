package main

import (
	"os"

	"github.com/ternlab/ternlab/trainer/command"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/plots"
)

func main() {
	os.Exit(command.Trainer(func(config llama.Config, activationBits int) (harness.Training, error) {
		recipe := NewRecipe()
		if activationBits != 0 {
			recipe.ActivationBits = activationBits
		}
		return NewTraining(recipe, config)
	}, plots.Write))
}
