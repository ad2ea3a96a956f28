package journal

import (
	"fmt"
	"math"
	"slices"

	"github.com/ternlab/ternlab/results/verdict"
	"github.com/ternlab/ternlab/workspace/visible"
)

// The same recipe on the same seed gives the same figure, to the last digit, or what
// it was kept for isn't what it does: it looks at a clock, or at something else that
// a candidate's trainings and later ones don't share. So a champion is trained again
// on a seed that it was measured on, before others are compared with it on further
// seeds and before the final check, and is withdrawn where the figures differ.

// Repetition is what came of measuring a champion again.
type Repetition int

// The repetitions.
const (
	NotRepeated   Repetition = iota // It wasn't measured again yet.
	NeedsBaseline                   // Its figure differs: it takes the baseline to tell whether the machine's do.
	Repeats                         // Its figure is the same, or as near as this machine's are.
	Differs
)

// RepetitionOf tells what came of measuring an experiment again, in the run or, for
// its final check, once more. The baseline is trusted: where its figure differs, too,
// machine and backend don't give the same twice, and figures may differ by as much as
// noise explains.
func RepetitionOf(experiments []Experiment, number int, final bool) Repetition {
	e, baseline := experiments[number], experiments[0]
	again, ok := e.repeat(number, final)
	if !ok {
		return NotRepeated
	}
	was, _ := e.Trial(again.Seed)
	if again.EvalPPL == was.EvalPPL {
		return Repeats
	}
	beside, ok := baseline.repeat(number, final)
	if !ok {
		return NeedsBaseline
	}
	wasBeside, _ := baseline.Trial(beside.Seed)
	switch {
	case beside.EvalPPL == wasBeside.EvalPPL:
		return Differs
	case !again.EvalPPL.Valid():
		if beside.EvalPPL.Valid() {
			return Differs
		}
		return Repeats // nothing can be trained here any more
	case isNoise(e, baseline, math.Log(float64(again.EvalPPL/was.EvalPPL))):
		return Repeats
	}
	return Differs
}

// isNoise tells whether a difference of log eval_ppl is one that the seeds of an
// experiment and the baseline explain.
func isNoise(e, baseline Experiment, difference float64) bool {
	const most = 4 // standard deviations of a difference of two values
	spread := verdict.SpreadOf(e.logs(e.seeds())).With(verdict.SpreadOf(baseline.logs(baseline.seeds())))
	return math.Abs(difference) <= most*math.Sqrt(2*spread.Variance())
}

// repeat is the newest measurement of the experiment that was made again for a
// champion's sake, its own or another's, since the last was withdrawn.
func (e *Experiment) repeat(champion int, final bool) (Repeated, bool) {
	for _, again := range slices.Backward(e.Repeats) {
		if again.For == champion && again.Final == final && !again.stale {
			return again, true
		}
	}
	return Repeated{}, false
}

// RepeatSeed is the seed on which an experiment is measured again: one that it was
// measured on, another one for the final check. The first seed is left out where it
// can be, for its export is the one that people are shown.
func RepeatSeed(run Run, e Experiment, final bool) uint64 {
	seeds := slices.DeleteFunc(e.seeds(), func(seed uint64) bool {
		return seed == PairedSeed(run, 1) || (e.Number > 0 && IsFresh(run, seed))
	})
	if len(seeds) == 0 {
		return PairedSeed(run, 1)
	}
	at := e.Number
	if final {
		at++
	}
	return seeds[at%len(seeds)]
}

// Withdraw is the record that withdraws a champion whose figure differs; the one
// before it is the champion again.
func Withdraw(run Run, experiments []Experiment, number int, final bool) Withdrawn {
	const longestProblem = 200 // runes
	e := experiments[number]
	again, _ := e.repeat(number, final)
	was, _ := e.Trial(again.Seed)
	before, _ := Best(experiments[:number])
	data := Withdrawn{Champion: before.Number, Parent: Tip(run, experiments)}
	data.Reason = fmt.Sprintf("eval_ppl on seed %d was %s and is %s when the same is trained again, though the baseline's is the same",
		again.Seed, was.EvalPPL, again.EvalPPL)
	if !again.EvalPPL.Valid() {
		data.Reason = fmt.Sprintf("eval_ppl on seed %d was %s, and when the same is trained again there is none (%s), though the baseline can be trained",
			again.Seed, was.EvalPPL, visible.Cut(visible.Line(again.Problem), longestProblem))
	}
	beside, _ := experiments[0].repeat(number, final)
	if wasBeside, _ := experiments[0].Trial(beside.Seed); again.EvalPPL.Valid() && wasBeside.EvalPPL != beside.EvalPPL {
		data.Reason = fmt.Sprintf("eval_ppl on seed %d was %s and is %s when the same is trained again: more than noise explains, though the baseline's isn't quite the same either",
			again.Seed, was.EvalPPL, again.EvalPPL)
	}
	return data
}

// Tip is the commit that the run's branch ends at: that of the last kept experiment,
// or the one that took a withdrawn one back.
func Tip(run Run, experiments []Experiment) string {
	var commits, parents []string
	for _, e := range experiments {
		if wasKept := e.Status.Kept() || e.Status == StatusWithdrawn; e.Commit == "" || !wasKept {
			continue
		}
		commits = append(commits, e.Commit)
		if e.Number > 0 {
			parents = append(parents, e.ParentCommit)
		}
		if w := e.Withdrawal; w != nil && w.Commit != "" {
			commits, parents = append(commits, w.Commit), append(parents, w.Parent)
		}
	}
	for _, commit := range slices.Backward(commits) {
		if !slices.Contains(parents, commit) {
			return commit
		}
	}
	return run.BaseCommit
}

// ChampionAt is the number of the champion whose recipe a commit of the run's branch
// has.
func ChampionAt(experiments []Experiment, commit string) int {
	for _, e := range slices.Backward(experiments) {
		switch {
		case e.Withdrawal != nil && e.Withdrawal.Commit == commit:
			return e.Withdrawal.Champion
		case e.Commit == commit && (e.Status.Kept() || e.Status == StatusWithdrawn):
			return e.Number
		}
	}
	return 0
}

// Orphaned is the verdict on an experiment that was compared with a champion when that
// was withdrawn. If its change fits on the one before, it is tried again there, as a new
// experiment.
func Orphaned(champion int, fits bool) Judged {
	then := "its change doesn't fit on the one before"
	if fits {
		then = "its change is tried again on the one before"
	}
	judged := Decided(StatusDiscard, fmt.Sprintf("it was compared with experiment %d, which was withdrawn; %s", champion, then))
	judged.Again = fits
	return judged
}

// forgetRepeats makes what champions were held to count no longer: whatever a withdrawn
// one did may be in those that it stands on, too.
func (f *fold) forgetRepeats() {
	for i := range f.experiments {
		repeats := slices.Clone(f.experiments[i].Repeats)
		for j := range repeats {
			repeats[j].stale = true
		}
		f.experiments[i].Repeats = repeats
	}
}
