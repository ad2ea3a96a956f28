package loop

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
)

// longestSubject is where a description is cut in a commit's subject, in runes.
const longestSubject = 60

// longestName is where the name of a proposer, which has a model's in it, is cut, in
// runes.
const longestName = 120

// longestProblem is where the words of a program that failed are cut, in runes.
const longestProblem = 8000

// message is the commit's message:
//
//	#7 cosine lambda warmup: eval_ppl 131.20 → 127.95
//
//	> Why it should help, as the proposer said.
//
//	eval_ppl 127.95 is lower than the champion's 131.20 (-2.48 %)
//
//	Experiment: 7
//	Eval-PPL: 127.95
//	Parent-Eval-PPL: 131.2
//	Train-Steps: 100
//	Train-Tokens: 25600
//	…
//
// What its training took is that of the seed which eval_ppl belongs to. The trailers
// are the agent's. Nothing that others wrote passes for one.
func message(c *candidate, took journal.Compute) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s%s: %s\n\n", subjectStart(c.number), line.InCommit(c.proposal.Description, longestSubject), change(c))
	if c.proposal.Hypothesis != "" {
		fmt.Fprintf(&text, "%s\n\n", line.Quote(c.proposal.Hypothesis))
	}
	fmt.Fprintf(&text, "%s\n\n", line.Clean(c.judged.Reason))
	fmt.Fprintf(&text, "Experiment: %d\n", c.number)
	if c.evaluated.EvalPPL.Valid() {
		fmt.Fprintf(&text, "Eval-PPL: %s\n", c.evaluated.EvalPPL)
	}
	fmt.Fprintf(&text, "Parent-Eval-PPL: %s\n", c.parentOutcome.EvalPPL)
	text.WriteString(computeTrailers(took))
	fmt.Fprintf(&text, "Proposer: %s\n", line.InCommit(c.proposer, longestName))
	fmt.Fprintf(&text, "Seeds: %s\n", seedList(c.seeds()))
	if worst := c.judged.Worst; worst != nil {
		fmt.Fprintf(&text, "Worst-Seed: %d (%+.2f %%)\n", worst.Seed, 100*worst.Change)
	}
	return text.String()
}

// computeTrailers say what a training took, as far as that is known.
func computeTrailers(took journal.Compute) string {
	var text strings.Builder
	if took.TrainSteps > 0 {
		fmt.Fprintf(&text, "Train-Steps: %d\n", took.TrainSteps)
	}
	if took.TrainTokens.Valid() {
		fmt.Fprintf(&text, "Train-Tokens: %s\n", took.TrainTokens.Whole())
	}
	if took.TrainFLOPs.Valid() {
		fmt.Fprintf(&text, "Train-FLOPs: %.4g\n", took.TrainFLOPs)
	}
	if took.TrainS.Valid() {
		fmt.Fprintf(&text, "Train-Seconds: %.1f\n", took.TrainS)
	}
	return text.String()
}

// subjectStart begins the subject of an experiment's commit.
func subjectStart(number int) string { return fmt.Sprintf("#%d ", number) }

// change is the figures of a commit's subject.
func change(c *candidate) string {
	if c.crash != nil {
		return "crash (" + string(c.crash.class) + ")"
	}
	return fmt.Sprintf("eval_ppl %.2f → %.2f", c.parentOutcome.EvalPPL, c.evaluated.EvalPPL)
}

// seeds are those that the candidate was compared on, or was to be.
func (c *candidate) seeds() []uint64 {
	if len(c.judged.Seeds) > 0 {
		return c.judged.Seeds
	}
	return c.parentOutcome.Seeds
}

// outcome is an experiment's last line on the screen.
func outcome(label string, e journal.Experiment, folder string) string {
	switch {
	case e.Number == 0:
		return fmt.Sprintf("  baseline: eval_ppl %.2f in %.1f s", e.EvalPPL, e.TimeS)
	case e.Failure != nil:
		return fmt.Sprintf("  %scrash (%s):%s\n    its files: %s", label, e.Failure.Class, glance(errors.New(e.Failure.Message)), folder)
	}
	return fmt.Sprintf("  %s%s: %s", label, e.Status, line.Clean(e.Reason))
}

func seedList(seeds []uint64) string {
	texts := make([]string, len(seeds))
	for i, seed := range seeds {
		texts[i] = strconv.FormatUint(seed, 10)
	}
	return strings.Join(texts, " ")
}

// glance is an error as a line of the screen; the whole of it is in the journal.
func glance(err error) string {
	const indent, width = "\n    ", 96
	return indent + line.Cut(line.Clean(err.Error()), width)
}
