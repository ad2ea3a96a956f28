package proposer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/workspace/edit"
)

// randomProposer draws a knob, then one of its values, evenly among the recipes
// that were not tried. It is the yardstick for the proposers that think.
type randomProposer struct{}

func (randomProposer) Name() string { return Random }

func (randomProposer) Propose(ctx context.Context, c Context) (Proposal, error) {
	_, candidates, err := readCandidates(ctx, c)
	if err != nil {
		return Proposal{}, err
	}
	drawn := draw(candidates, source(c))
	return drawn.proposal(c, fmt.Sprintf(
		"Drawn at random, whatever earlier experiments showed: the %s may do better at %s than at %s.",
		drawn.knob.Title(), drawn.value, drawn.knob.Value,
	))
}

// readCandidates reads what is known and what is left to try; the error is
// ErrExhausted where nothing is.
func readCandidates(ctx context.Context, c Context) (*history, []candidate, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	h, err := readHistory(c)
	if err != nil {
		return nil, nil, err
	}
	if c.Refused != nil {
		if h.refused, err = c.Refused(ctx); err != nil {
			return nil, nil, err
		}
	}
	candidates := h.candidates()
	if len(candidates) == 0 {
		return nil, nil, ErrExhausted
	}
	return h, candidates, nil
}

// source returns the random numbers of one proposal. They follow from the run's
// seed and the experiment's number alone.
func source(c Context) *rand.Rand {
	return rand.New(rand.NewPCG(c.Seed, uint64(c.Number))) //nolint:gosec // Not for secrets.
}

// draw picks a knob evenly, then one of its values evenly.
func draw(candidates []candidate, random *rand.Rand) candidate {
	names := []string{}
	for _, c := range candidates {
		if !slices.Contains(names, c.knob.Name) {
			names = append(names, c.knob.Name)
		}
	}
	name := names[random.IntN(len(names))]
	of := slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool { return c.knob.Name != name })
	return of[random.IntN(len(of))]
}

// candidate is a recipe one change away from the champion.
type candidate struct {
	knob  knobs.Knob
	value string
}

// proposal renders the candidate as a change of the champion's recipe.
func (c candidate) proposal(from Context, hypothesis string) (Proposal, error) {
	source := from.Files[RecipeFile]
	changed, err := knobs.Set(source, c.knob.Name, c.value)
	if err != nil {
		return Proposal{}, fmt.Errorf("change the recipe: %w", err)
	}
	return Proposal{
		Hypothesis:  hypothesis,
		Description: describeMove(c.knob, c.knob.Value, c.value),
		Edits:       []edit.Edit{lineEdit(source, changed, c.knob.Line)},
	}, nil
}

// lineEdit is the change of one line, counted from 1, as an edit of the recipe:
// the whole line is looked for, so it always applies to the source.
func lineEdit(source, changed string, line int) edit.Edit {
	return edit.Edit{
		File:    RecipeFile,
		Search:  strings.Split(source, "\n")[line-1],
		Replace: strings.Split(changed, "\n")[line-1],
		Line:    line,
	}
}

// describeMove says what a change of a knob is: "learning rate 2e-05 → 0.0004".
func describeMove(knob knobs.Knob, from, to string) string {
	return knob.Title() + " " + from + " → " + to
}
