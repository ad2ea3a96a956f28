package main

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/trainer/knobs"
)

// effects is a function in the place of trainings: the effects of one knob each that
// docs/log/ablation.md has, added up, between the perplexity that nothing is better than
// and that of a model which has hardly been trained. So far from good recipes no change
// of one knob shows, as with the trainer.
type effects struct {
	base   base
	of     map[string]map[string]float64 // by knob and value, of log eval_ppl
	center float64
}

const (
	lowest, highest = 8., 950. // eval_ppl
	scatter         = 0.04     // of log eval_ppl from seed to seed
	perDoubling     = 0.2      // gain of log eval_ppl by twice the tokens of a step
	sharpness       = 4.       // of the bend towards the highest
)

// readEffects reads the table of effects. Values between those in it lie on a line
// between their neighbours.
func readEffects(source, path string) (effects, error) {
	b, err := readBase(source)
	if err != nil {
		return effects{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return effects{}, fmt.Errorf("read the effects: %w", err)
	}
	e := effects{base: b, of: map[string]map[string]float64{}}
	conditions := map[string]float64{} // effects of "knob value" on which other rows build
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 {
			continue
		}
		name, value := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])
		ppl, err := strconv.ParseFloat(strings.Fields(cells[3] + " -")[0], 64)
		if err != nil {
			continue
		}
		if name == "**reference**" {
			e.center = math.Log(ppl)
			continue
		}
		name, condition, _ := strings.Cut(name, ", with ")
		effect := math.Log(ppl) - e.center
		if condition == "" {
			conditions[name+" "+value] = effect
		}
		e.add(name, value, effect-conditions[condition])
	}
	return e, nil
}

func (e effects) add(title, value string, effect float64) {
	i := slices.IndexFunc(e.base.knobs, func(k knobs.Knob) bool { return k.Title() == title })
	if i < 0 {
		return
	}
	knob := e.base.knobs[i]
	plain, err := knob.Plain(value)
	if err != nil {
		return
	}
	if e.of[knob.Name] == nil {
		e.of[knob.Name] = map[string]float64{}
	}
	e.of[knob.Name][plain] = effect
}

// effect is that of one knob's value.
func (e effects) effect(knob knobs.Knob, value string) float64 {
	if exact, ok := e.of[knob.Name][value]; ok {
		return exact
	}
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || knob.Domain.Choices != nil && len(e.of[knob.Name]) == 0 {
		return 0 // the reference's
	}
	type known struct{ at, effect float64 }
	place := func(x float64) float64 {
		if knob.Domain.Log || knob.Domain.Choices != nil {
			return math.Log(x + 1e-9)
		}
		return x
	}
	var all []known
	for text, effect := range e.of[knob.Name] {
		if at, err := strconv.ParseFloat(text, 64); err == nil {
			all = append(all, known{place(at), effect})
		}
	}
	slices.SortFunc(all, func(a, b known) int { return cmp.Compare(a.at, b.at) })
	if knob.Domain.Choices != nil || len(all) == 0 {
		return 0 // a choice that the table doesn't have is the reference's
	}
	for i, right := range all {
		if place(x) <= right.at {
			left := all[max(0, i-1)]
			if left == right {
				return right.effect
			}
			share := (place(x) - left.at) / (right.at - left.at)
			return (1-share)*left.effect + share*right.effect
		}
	}
	return all[len(all)-1].effect
}

// truth is a recipe's log eval_ppl without noise.
func (e effects) truth(t trial) float64 {
	sum := e.center
	for _, knob := range e.base.knobs {
		value, active := t.recipe[knob.Name]
		if !active || slices.Contains([]string{"BatchSize", "SequenceLength", "AccumulationSteps"}, knob.Name) {
			continue
		}
		sum += e.effect(knob, value)
	}
	reference := trial{recipe: e.base.values}
	doublings := math.Log2(float64(t.batch()) / float64(reference.batch()))
	if t.tokens > 0 { // fewer steps for it: a loss beyond a little
		sum += 0.05*doublings*doublings - 0.03*doublings
	} else {
		sum -= perDoubling * doublings * (1 - 0.08*max(0, doublings-2))
	}
	rate, err := strconv.ParseFloat(t.recipe["LearningRate"], 64)
	if err == nil && t.recipe["Optimizer"] == "muon" { // its best rate is another
		sum += 0.3 * math.Pow(math.Log10(rate)+2.2, 2)
	}
	low := lowest + 0.75*math.Exp(sum)
	return -math.Log(math.Pow(low, -sharpness)+math.Pow(highest, -sharpness)) / sharpness
}

func (e effects) measure(_ context.Context, t trial, _ int) (figure, error) {
	if t.recipe["GroupSize"] == "256" {
		return figure{Failure: "group size 256 does not divide the rows", Tokens: t.taken()}, nil
	}
	noise := rand.New(rand.NewPCG(hashOf(fmt.Sprint(slices.Sorted(maps.Keys(t.recipe)), t.settings())), t.seed)) //nolint:gosec // not for secrets
	return figure{EvalPPL: math.Exp(e.truth(t) + scatter*noise.NormFloat64()), Tokens: t.taken()}, nil
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // it never fails
	return h.Sum64()
}
