package draft

import (
	"context"
	"path/filepath"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/agent/trials"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/knobs"
)

// refused asks which recipes one knob away from an experiment's champion would be
// refused before their first step, by the recipe's own check or for want of memory,
// as Name=value. The baseline's trainer is asked, whose code is the user's own,
// with the champion's values: what a candidate's program prints decides nothing.
// Where it has no answer, none is known to be refused; that costs experiments, but
// no verdict.
func (d *Drafter) refused(ctx context.Context, start Start) ([]string, error) {
	if known, ok := d.refusals[start.Champion]; ok {
		return known, nil
	}
	program, err := trials.Of(d.bench).ProgramOf(ctx, d.bench.Record.Run().BaseCommit)
	if err != nil {
		return nil, err
	}
	base, err := d.bench.Repository.MutableFiles(d.bench.Record.Run().BaseCommit)
	if err != nil {
		return nil, err
	}
	d.bench.Observer.Doing(start.Title + " · asking the baseline's trainer what it would refuse")
	spec := trials.Of(d.bench).Spec(0, d.bench.Record.Run().Seed, nil, lab.Share{})
	spec.Folder = filepath.Join(d.bench.Folder.Experiment(start.Number), "refused")
	if d.bench.Record.Run().HeldEqual() == journal.EqualTokens {
		spec.Tokens = d.bench.Record.Experiments()[0].Allotted() // a step of more is refused
	}
	refused, err := d.bench.Lab.Refusals(ctx, program, spec, changedKnobs(base[proposer.RecipeFile], start.Files[proposer.RecipeFile]))
	if err != nil {
		return nil, err
	}
	d.refusals[start.Champion] = refused
	return refused, nil
}

// changedKnobs are the settings that make a recipe of the base's source have the
// champion's values, as far as its knobs have them.
func changedKnobs(base, champion string) []string {
	known, err := knobs.Parse(base)
	if err != nil {
		return nil
	}
	wanted, err := knobs.Parse(champion)
	if err != nil {
		return nil
	}
	values := map[string]string{}
	for _, knob := range wanted {
		values[knob.Name] = knob.Value
	}
	var settings []string
	for _, knob := range known {
		value, ok := values[knob.Name]
		if ok && value != knob.Value && knob.Check(value) == nil {
			settings = append(settings, knob.Name+"="+value)
		}
	}
	return settings
}
