package proposer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/knobs"
)

// history is what the experiments say about the recipe's knobs. It is rebuilt
// from the experiments for each proposal, so that nothing is lost or differs
// when a run is resumed.
type history struct {
	knobs    []knobs.Knob             // The champion's.
	observed map[string][]observation // By knob, the baseline's value first.
	parts    map[string]float64       // By knob, the loss of the champion's value.
	tried    map[string]bool          // Keys of the recipes that were tried.
	refused  []string                 // Changes of the champion that would be refused, as Name=value.
	version  int                      // Kept changes beyond the knobs; part of a recipe's key.
}

// observation is one value of one knob and what came of it.
type observation struct {
	value      string
	experiment int     // Its number; 0 is the baseline.
	loss       float64 // Change of log eval_ppl against the baseline's value, other knobs being equal.
	failed     bool    // It did not come to a figure; loss is a penalty.
}

// readHistory reads the champion's knobs and what the experiments before the
// one to propose say about them.
func readHistory(c Context) (*history, error) {
	source, ok := c.Files[RecipeFile]
	if !ok {
		return nil, fmt.Errorf("read the knobs: the champion has no file %s", RecipeFile)
	}
	all, err := knobs.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("read the knobs of %s: %w", RecipeFile, err)
	}
	h := &history{knobs: all, observed: map[string][]observation{}, parts: map[string]float64{}, tried: map[string]bool{}}
	steps := readSteps(c, all)
	values := baselineValues(all, steps)
	h.tried[h.key(values)] = true
	for _, knob := range all {
		h.observed[knob.Name] = []observation{{value: values[knob.Name]}}
	}
	h.replay(steps, values)
	h.setPenalty()
	return h, nil
}

// step is an experiment and what its diff changes.
type step struct {
	journal.Experiment
	moves []move // Knobs whose value changes.
	code  bool   // Anything else changes.
}

// readSteps returns the experiments that came to be tried: those before the one
// to propose, but for the baseline and those that the agent itself broke off.
func readSteps(c Context, all []knobs.Knob) []step {
	steps := []step{}
	for _, experiment := range c.Experiments {
		if experiment.Number == 0 || experiment.Number >= c.Number || neverTried(experiment.Failure) {
			continue
		}
		moves, code := readDiff(experiment.Diff, all)
		steps = append(steps, step{experiment, moves, code})
	}
	return steps
}

func neverTried(failure *journal.Failure) bool {
	return failure != nil && slices.Contains([]journal.FailureClass{
		journal.FailureInterrupted, journal.FailureProposerFailed, journal.FailureNoApply, journal.FailureDuplicate,
	}, failure.Class)
}

// baselineValues undoes the kept changes, newest first.
func baselineValues(all []knobs.Knob, steps []step) map[string]string {
	values := map[string]string{}
	for _, knob := range all {
		values[knob.Name] = knob.Value
	}
	for _, step := range slices.Backward(steps) {
		if !step.Status.Kept() {
			continue
		}
		for _, move := range step.moves {
			values[move.knob] = move.from
		}
	}
	return values
}

// replay goes through the experiments from the baseline's values on. The part
// of a knob in the loss is the sum of the changes measured when it alone moved:
// unlike eval_ppl itself, it does not improve with every keep of another knob.
func (h *history) replay(steps []step, values map[string]string) {
	for _, step := range steps {
		tried := maps.Clone(values)
		for _, move := range step.moves {
			tried[move.knob] = move.to
		}
		change := math.Log(float64(step.EvalPPL) / float64(step.ParentEvalPPL))
		withdrawn := step.Status == journal.StatusWithdrawn // its figure says nothing
		measured := !withdrawn && step.EvalPPL.Valid() && !math.IsNaN(change) && !math.IsInf(change, 0)
		kept := step.Status.Kept()
		if !step.code {
			h.tried[h.key(tried)] = true
		}
		if !step.code && len(step.moves) == 1 && (measured || withdrawn || step.Status == journal.StatusCrash) {
			knob := step.moves[0].knob
			seen := observation{value: tried[knob], experiment: step.Number, loss: h.parts[knob], failed: !measured}
			if measured {
				seen.loss += change
			}
			h.observed[knob] = append(h.observed[knob], seen)
			if kept && measured {
				h.parts[knob] = seen.loss
			}
		}
		if kept {
			values = tried
			if step.code || len(step.moves) == 0 {
				h.version++
			}
		}
	}
}

// setPenalty charges failures with the 90th percentile of the losses seen: bad,
// yet not so bad that one failure drowns what the figures say.
func (h *history) setPenalty() {
	losses := []float64{0}
	for _, seen := range h.observed {
		for _, o := range seen {
			if !o.failed {
				losses = append(losses, o.loss)
			}
		}
	}
	slices.Sort(losses)
	penalty := max(0, losses[len(losses)*9/10])
	for _, seen := range h.observed {
		for i := range seen {
			if seen[i].failed {
				seen[i].loss += penalty
			}
		}
	}
}

// key tells recipes apart by their content: all knobs, and the code around them.
func (h *history) key(values map[string]string) string {
	var key strings.Builder
	key.WriteString(strconv.Itoa(h.version))
	for _, knob := range h.knobs {
		fmt.Fprintf(&key, " %s=%q", knob.Name, values[knob.Name])
	}
	return key.String()
}

// candidates lists the recipes one change away from the champion that were not
// tried, knob by knob in the order of the source. Those that would be refused are
// left out while there are others: what is refused may be wrong, and must never end
// a run.
func (h *history) candidates() []candidate {
	untried := h.untried()
	isRefused := func(c candidate) bool { return slices.Contains(h.refused, c.knob.Name+"="+c.value) }
	if accepted := slices.DeleteFunc(slices.Clone(untried), isRefused); len(accepted) > 0 {
		return accepted
	}
	return untried
}

// untried lists the recipes one change away from the champion that were not tried.
func (h *history) untried() []candidate {
	values := map[string]string{}
	for _, knob := range h.knobs {
		values[knob.Name] = knob.Value
	}
	found := []candidate{}
	for _, knob := range h.knobs {
		if !knob.When.Holds(h.knobs) {
			continue // it would change nothing
		}
		for _, value := range knob.Values() {
			values[knob.Name] = value
			if value != knob.Value && !h.tried[h.key(values)] {
				found = append(found, candidate{knob, value})
			}
		}
		values[knob.Name] = knob.Value
	}
	return found
}
