package proposer

import (
	"cmp"
	"strings"

	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/workspace/edit"
	"github.com/ternlab/ternlab/workspace/visible"
)

// Lengths in characters of what a model says about its change, and of its name.
const (
	maxHypothesis  = 500
	maxDescription = 60
	maxName        = 80 // of a model
)

// describeChange says what a change is in a few words: its knobs where it
// changes nothing else, else the start of its hypothesis.
func describeChange(c Context, change edit.Change) string {
	if moves := knobMoves(c, change); len(moves) > 0 {
		return visible.Cut(strings.Join(moves, ", "), 2*maxDescription)
	}
	sentence, _, _ := strings.Cut(oneLine(change.Hypothesis, maxHypothesis), ". ")
	return cmp.Or(clipWords(strings.TrimSuffix(sentence, "."), maxDescription), "change without a hypothesis")
}

// knobMoves describes each knob that changes, if nothing else does.
func knobMoves(c Context, change edit.Change) []string {
	all, err := knobs.Parse(c.Files[RecipeFile])
	if err != nil {
		return nil
	}
	if edit.GuardEdits(c.Files, change.Edits) != nil {
		return nil // The loop will say so to the model.
	}
	changed, err := edit.Apply(c.Files, change.Edits)
	if err != nil || edit.GuardSize(c.Files, c.Files, changed) != nil {
		return nil // So it will.
	}
	moves, code := readDiff(edit.UnifiedDiff(c.Files, changed), all)
	if code {
		return nil
	}
	described := make([]string, len(moves))
	for i, move := range moves {
		described[i] = knobs.Knob{Name: move.knob}.Title() + " " + move.from + " → " + move.to
	}
	return described
}

// oneLine brings a text onto one line of at most limit characters, in which nothing
// hides.
func oneLine(text string, limit int) string {
	return visible.Cut(visible.Line(text), limit)
}

// clipWords cuts a text between words.
func clipWords(text string, limit int) string {
	clipped := visible.Cut(text, limit)
	if clipped == text {
		return text
	}
	if space := strings.LastIndexByte(clipped, ' '); space > 0 {
		return clipped[:space] + " …"
	}
	return clipped
}
