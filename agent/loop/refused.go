package loop

import (
	"context"
	"path/filepath"

	"github.com/ternlab/ternlab/agent/lab"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/knobs"
)

// refused asks which recipes one knob away from the candidate's champion would be
// refused before their first step, by the recipe's own check or for want of memory,
// as Name=value. The baseline's trainer is asked, whose code is the user's own,
// with the champion's values: what a candidate's program prints decides nothing.
// Where it has no answer, none is known to be refused; that costs experiments, but
// no verdict.
func (l *Loop) refused(ctx context.Context, c *candidate) ([]string, error) {
	if known, ok := l.refusals[c.champion]; ok {
		return known, nil
	}
	program, err := l.programOf(ctx, l.record.Run().BaseCommit)
	if err != nil {
		return nil, err
	}
	base, err := l.repository.MutableFiles(l.record.Run().BaseCommit)
	if err != nil {
		return nil, err
	}
	l.screen.Doing(c.title + " · asking the baseline's trainer what it would refuse")
	spec := l.spec(0, l.record.Run().Seed, nil, lab.Share{})
	spec.Folder = filepath.Join(l.folder.Experiment(c.number), "refused")
	if l.record.Run().HeldEqual() == journal.EqualTokens {
		spec.Tokens = l.record.Experiments()[0].Allotted() // a step of more is refused
	}
	refused, err := l.lab.Refusals(ctx, program, spec, changedKnobs(base[proposer.RecipeFile], c.files[proposer.RecipeFile]))
	if err != nil {
		return nil, err
	}
	l.refusals[c.champion] = refused
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
