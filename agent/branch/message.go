package branch

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
)

// LongestSubject is where a description is cut in a commit's subject, in runes.
const LongestSubject = 60

// message is the commit's message:
//
//	#7 cosine lambda warmup: eval_ppl -2.40 % (-3.10 … -1.70) on 2 seeds
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
func message(e journal.Experiment) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s%s: %s\n\n", subjectStart(e.Number), line.InCommit(e.Description, LongestSubject), change(e))
	if e.Hypothesis != "" {
		fmt.Fprintf(&text, "%s\n\n", line.Quote(e.Hypothesis))
	}
	fmt.Fprintf(&text, "%s\n\n", line.Clean(e.Reason))
	fmt.Fprintf(&text, "Experiment: %d\n", e.Number)
	if e.EvalPPL.Valid() {
		fmt.Fprintf(&text, "Eval-PPL: %s\n", e.EvalPPL)
	}
	fmt.Fprintf(&text, "Parent-Eval-PPL: %s\n", e.ParentEvalPPL)
	text.WriteString(computeTrailers(e.Compute))
	fmt.Fprintf(&text, "Proposer: %s\n", line.InCommit(e.Proposer, bench.LongestName))
	fmt.Fprintf(&text, "Seeds: %s\n", seedList(e.Seeds))
	if worst := e.Worst; worst != nil {
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

// change is the figures of a commit's subject: on average over the seeds with its 95 %
// interval, where there are several.
func change(e journal.Experiment) string {
	if e.Failure != nil {
		return "crash (" + string(e.Failure.Class) + ")"
	}
	if len(e.Seeds) > 1 && e.Change.Valid() && e.Low.Valid() && e.High.Valid() {
		return fmt.Sprintf("eval_ppl %+.2f %% (%+.2f … %+.2f) on %d seeds", 100*e.Change, 100*e.Low, 100*e.High, len(e.Seeds))
	}
	return fmt.Sprintf("eval_ppl %.2f → %.2f", e.ParentEvalPPL, e.EvalPPL)
}

func seedList(seeds []uint64) string {
	texts := make([]string, len(seeds))
	for i, seed := range seeds {
		texts[i] = strconv.FormatUint(seed, 10)
	}
	return strings.Join(texts, " ")
}
