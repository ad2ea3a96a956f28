package train

import (
	"slices"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// settings is what the command line says about the recipe of a training of so many
// steps.
func (o trainOptions) settings(steps int) Settings {
	return Settings{steps, o.activationBits, o.Set, o.GroupFallback}
}

// refuses lists the recipes one knob away that would not be trained, as
// Name=value, so that nobody needs to propose them. A recipe whose knobs can't be
// read has none.
func (o trainOptions) refuses(recipe string, try func(o trainOptions) error) []string {
	all, err := knobs.Parse(recipe)
	if err != nil {
		return nil
	}
	var refused []string
	for _, knob := range all {
		for _, value := range knob.Values() {
			changed, setting := o, knob.Name+"="+value
			changed.Set = append(slices.Clone(o.Set), setting)
			if value != knob.Value && try(changed) != nil {
				refused = append(refused, setting)
			}
		}
	}
	return refused
}

// tryRecipe says why a training would be refused before its first step: by the
// recipe itself, or for want of memory.
func (o trainOptions) tryRecipe(newTraining NewTraining, config llama.Config, engine backend.Engine, preset prepare.Preset) error {
	training, _, err := o.apply(newTraining, config)
	if err != nil {
		return err
	}
	_, err = o.checkMemory(o.plan(config, training, engine, preset), engine)
	return err
}
