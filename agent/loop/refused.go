package loop

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace/diskuse"
)

// mostRefused bounds the list of refused recipes: a recipe has some hundred
// neighbours.
const mostRefused = 1000

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
	binary, err := l.trainerOf(ctx, l.run.BaseCommit)
	if err != nil {
		return nil, err
	}
	base, err := l.repository.MutableFiles(l.run.BaseCommit)
	if err != nil {
		return nil, err
	}
	l.screen.Doing(c.title + " · asking the baseline's trainer what it would refuse")
	said, err := l.askRefused(ctx, c, binary, changedKnobs(base[proposer.RecipeFile], c.files[proposer.RecipeFile]))
	if err != nil {
		return nil, err
	}
	l.refusals[c.champion] = said
	return said, nil
}

// askRefused starts the baseline's trainer with the settings. It is ended when it
// has said what it would refuse, before it trains.
func (l *Loop) askRefused(ctx context.Context, c *candidate, binary string, settings []string) ([]string, error) {
	t := &training{binary: binary, seed: l.run.Seed, folder: filepath.Join(l.folder.Experiment(c.number), "refused")}
	if err := t.emptyFolder(); err != nil {
		return nil, err
	}
	asked, stop := context.WithCancel(ctx)
	defer stop()
	if l.run.HeldEqual() == journal.EqualTokens {
		t.tokens = l.known()[0].Allotted() // a step of more is refused
	}
	process := l.trainer(t, l.run.Steps)
	for _, setting := range settings {
		process.Args = append(process.Args, "--set", setting)
	}
	var said []string
	answered := false
	process.OnLine = func(line []byte) {
		event, err := progress.ParseEvent(line)
		if err != nil || answered || event.Kind == progress.Start && event.Message != "" {
			return // not yet
		}
		if event.Kind == progress.Start {
			said = event.Refuses[:min(len(event.Refuses), mostRefused)]
		}
		answered = true
		stop()
	}
	_, _ = l.runProgram(asked, process) // ended by us; or it has no answer
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := diskuse.RemoveAll(t.folder); err != nil {
		return nil, fmt.Errorf("remove what the baseline's trainer wrote: %w", err)
	}
	return said, nil
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
