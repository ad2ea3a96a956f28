package proposer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/agent/search"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/workspace/edit"
	"github.com/ternlab/ternlab/workspace/visible"
)

// gpProposer changes several knobs at once: first recipes that are spread over all
// there are, then the one of which a Gaussian process over whole recipes expects most.
type gpProposer struct{}

func (gpProposer) Name() string { return GP }

func (gpProposer) Propose(ctx context.Context, c Context) (Proposal, error) {
	if err := ctx.Err(); err != nil {
		return Proposal{}, err
	}
	whole, err := readRecipes(c)
	if err != nil {
		return Proposal{}, err
	}
	var refused []string
	if c.Refused != nil {
		if refused, err = c.Refused(ctx); err != nil {
			return Proposal{}, err
		}
	}
	space := search.NewSpace(whole.knobs)
	suggestion, err := search.Next(search.Known{
		Space: space, Champion: whole.champion, Observations: whole.observations, Seed: c.Seed,
		Tried:   func(recipe search.Recipe) bool { return whole.tried[whole.key(recipe)] },
		Refused: func(name, value string) bool { return slices.Contains(refused, name+"="+value) },
	}, source(c))
	if errors.Is(err, search.ErrExhausted) {
		return Proposal{}, ErrExhausted
	}
	if err != nil {
		return Proposal{}, err
	}
	return whole.proposal(c, suggestion)
}

// proposal renders a suggested recipe as a change of the champion's.
func (r recipes) proposal(c Context, suggestion search.Suggestion) (Proposal, error) {
	source := c.Files[RecipeFile]
	changed := source
	var moved []knobs.Knob
	for _, knob := range r.knobs {
		value := suggestion.Recipe[knob.Name]
		if value == knob.Value {
			continue
		}
		var err error
		if changed, err = knobs.Set(changed, knob.Name, value); err != nil {
			return Proposal{}, fmt.Errorf("change the recipe: %w", err)
		}
		moved = append(moved, knob)
	}
	slices.SortStableFunc(moved, func(a, b knobs.Knob) int { // what matters most comes first
		return compareDown(suggestion.Credit[a.Name], suggestion.Credit[b.Name])
	})
	var edits []edit.Edit
	var moves []string
	for _, knob := range moved {
		edits = append(edits, lineEdit(source, changed, knob.Line))
		moves = append(moves, describeMove(knob, knob.Value, suggestion.Recipe[knob.Name]))
	}
	slices.SortFunc(edits, func(a, b edit.Edit) int { return a.Line - b.Line })
	return Proposal{Hypothesis: explainWhole(suggestion, moved), Description: describeMoves(moves), Edits: edits}, nil
}

func compareDown(a, b float64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// describeMoves lists moves in a few words, with how many there are where they don't
// fit.
func describeMoves(moves []string) string {
	all := strings.Join(moves, ", ")
	if visible.Cut(all, 2*maxDescription) == all {
		return all
	}
	return visible.Cut(fmt.Sprintf("%d knobs: %s", len(moves), all), 2*maxDescription)
}

// explainWhole is the reason of a recipe in one line.
func explainWhole(suggestion search.Suggestion, moved []knobs.Knob) string {
	if suggestion.Explores {
		return fmt.Sprintf("One of %d recipes that are spread evenly over all there are, to learn which knobs matter.", search.DesignSize)
	}
	change := suggestion.Expected - suggestion.Before
	text := fmt.Sprintf("By what was measured, eval_ppl %+.1f %% is expected of it (%+.1f … %+.1f %% within one standard deviation)",
		100*math.Expm1(change), 100*math.Expm1(change-suggestion.Spread), 100*math.Expm1(change+suggestion.Spread))
	if len(moved) < 2 {
		return text + "."
	}
	return text + fmt.Sprintf("; most by the %s.", moved[0].Title())
}
