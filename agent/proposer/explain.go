package proposer

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// reasonsShown is how many earlier values a hypothesis quotes of each kind.
const reasonsShown = 2

// explainExploring is the hypothesis of a change that only explores.
func (h *history) explainExploring(c candidate) string {
	return fmt.Sprintf("No experiment has changed the %s alone yet; %s in place of %s shows whether it matters.",
		c.knob.Title(), c.value, c.knob.Value)
}

// explainChoice is the hypothesis of a change that the model chose: what was
// seen of the knob, and what follows.
func (h *history) explainChoice(c candidate) string {
	findings := []string{}
	for _, kind := range []struct {
		verb string
		of   func(observation) bool
	}{
		{"did no worse at", func(o observation) bool { return !o.failed && o.loss <= h.parts[c.knob.Name] }},
		{"did worse at", func(o observation) bool { return !o.failed && o.loss > h.parts[c.knob.Name] }},
		{"failed at", func(o observation) bool { return o.failed }},
	} {
		if quoted := h.quote(c, kind.of); quoted != "" {
			findings = append(findings, kind.verb+" "+quoted)
		}
	}
	if len(h.observed[c.knob.Name]) == 1 {
		return fmt.Sprintf("No experiment has changed the %s alone yet, and other knobs promise no more; "+
			"%s may do better than %s.", c.knob.Title(), c.value, c.knob.Value)
	}
	conclusion := "Of what is left to try, %s looks likeliest to help."
	if slices.ContainsFunc(h.observed[c.knob.Name], func(o observation) bool { return o.value == c.value }) {
		conclusion = "The recipe around it has changed since; %s gets a second chance."
	}
	conclusion = fmt.Sprintf(conclusion, c.value)
	if len(findings) == 0 {
		return conclusion
	}
	return fmt.Sprintf("Against %s, the %s %s. %s", c.knob.Value, c.knob.Title(), strings.Join(findings, " and "), conclusion)
}

// quote names the last values seen that are of a kind, each with its
// experiment and its effect against the champion's value.
func (h *history) quote(c candidate, of func(observation) bool) string {
	quoted := []string{}
	for _, seen := range slices.Backward(h.observed[c.knob.Name]) {
		if seen.value == c.knob.Value || !of(seen) || len(quoted) == reasonsShown {
			continue
		}
		where := "baseline"
		if seen.experiment > 0 {
			where = fmt.Sprintf("#%d", seen.experiment)
		}
		if !seen.failed {
			where += fmt.Sprintf(", %+.1f %% eval_ppl", 100*math.Expm1(seen.loss-h.parts[c.knob.Name]))
		}
		quoted = append(quoted, fmt.Sprintf("%s (%s)", seen.value, where))
	}
	return strings.Join(quoted, " and ")
}
