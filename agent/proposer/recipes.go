package proposer

import (
	"maps"
	"math"
	"slices"

	"github.com/ternlab/ternlab/agent/search"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/knobs"
)

// recipes are what the experiments say about whole recipes. Like history, they are
// rebuilt from the experiments for each proposal.
type recipes struct {
	knobs        []knobs.Knob // the champion's
	champion     search.Recipe
	observations []search.Observation // the baseline first
	tried        map[string]bool
	key          func(map[string]string) string
}

// readRecipes reads the champion's knobs and the recipes that were tried. What a kept
// change of code brought is taken out of the losses: they are those of the knobs.
func readRecipes(c Context) (recipes, error) {
	h, err := readHistory(c)
	if err != nil {
		return recipes{}, err
	}
	r := recipes{knobs: h.knobs, champion: search.Recipe{}, tried: h.tried, key: h.key}
	for _, knob := range h.knobs {
		r.champion[knob.Name] = knob.Value
	}
	steps := readSteps(c, h.knobs)
	at := search.Observation{Recipe: baselineValues(h.knobs, steps), Seeds: 1} // the champion of the time
	if len(c.Experiments) > 0 && c.Experiments[0].EvalPPL.Valid() {
		at.Loss = math.Log(float64(c.Experiments[0].EvalPPL))
	}
	r.observations = []search.Observation{at}
	var failed []search.Recipe
	for _, step := range steps {
		seen := search.Observation{Recipe: maps.Clone(at.Recipe), Loss: at.Loss, Seeds: max(1, len(step.Seeds))}
		for _, move := range step.moves {
			seen.Recipe[move.knob] = move.to
		}
		change, measured := changeOf(c.Experiments, step.Experiment)
		switch {
		case step.code && !step.Status.Kept():
			continue // it says nothing about the knobs
		case measured && !step.code:
			seen.Loss += change
			r.observations = append(r.observations, seen)
		case step.Status == journal.StatusCrash && !step.code && !isModels(step.Proposer):
			failed = append(failed, seen.Recipe)
		}
		if step.Status.Kept() {
			at = seen
		}
	}
	r.charge(failed)
	return r, nil
}

// isModels tells whether a language model proposed an experiment. Its failures are its
// own: they are no figures of the space.
func isModels(proposer string) bool { return len(proposer) >= len(LLM) && proposer[:len(LLM)] == LLM }

// changeOf is the change of log eval_ppl that an experiment brought, as far as it was
// measured: over its seeds, or where a race stopped it, at the step of that.
func changeOf(known []journal.Experiment, e journal.Experiment) (change float64, ok bool) {
	if e.Status == journal.StatusWithdrawn || e.Status == journal.StatusCrash || e.Status == journal.StatusRunning {
		return 0, false
	}
	change = math.Log(float64(e.EvalPPL) / float64(e.ParentEvalPPL))
	if e.Change.Valid() {
		change = math.Log1p(float64(e.Change))
	}
	if isFinite(change) {
		return change, true
	}
	i := slices.IndexFunc(known, func(other journal.Experiment) bool { return other.Commit != "" && other.Commit == e.ParentCommit })
	if i < 0 || len(e.Points) == 0 {
		return 0, false
	}
	last := e.Points[len(e.Points)-1]
	beside, found := last.Beside(known[i].Points)
	change = math.Log(float64(last.EvalPPL) / float64(beside.EvalPPL))
	return change, found && isFinite(change)
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// charge counts failures as losses: the 90th percentile of those that were measured,
// bad, yet not so bad that one failure drowns what the figures say.
func (r *recipes) charge(failed []search.Recipe) {
	losses := make([]float64, len(r.observations))
	for i, o := range r.observations {
		losses[i] = o.Loss
	}
	slices.Sort(losses)
	penalty := losses[len(losses)*9/10]
	for _, recipe := range failed {
		r.observations = append(r.observations, search.Observation{Recipe: recipe, Loss: penalty, Seeds: 1})
	}
}
