package journal

import (
	"slices"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// Compare puts a candidate beside its champion on the first k paired seeds, on
// which the candidate was measured. The experiments before it that were compared
// with the same champion say how much eval_ppl, and its differences, scatter around
// it. Whether it has less code is for others to say.
func Compare(run Run, before []Experiment, champion, candidate Experiment, k int) verdict.Comparison {
	seeds := PairedSeeds(run, k)
	both := champion.measuredAmong(seeds)
	c := verdict.Comparison{
		Experiment: candidate.Number, Champion: champion.logs(both), Candidate: candidate.logs(both),
		Alone: candidate.logs(without(seeds, both)), Seeds: slices.Concat(both, without(seeds, both)),
		Clear: candidate.Clear, Equal: candidate.Equal, Worsened: worsened(before, candidate.Number),
		Others: verdict.SpreadOf(champion.logs(without(champion.seeds(), both))),
	}
	var pairs []verdict.Spread
	for _, e := range before {
		if e.Number > champion.Number && e.Number < candidate.Number && e.ParentCommit == candidate.ParentCommit {
			c.Others = c.Others.With(verdict.SpreadOf(e.logs(e.seeds())))
			pairs = append(pairs, verdict.SpreadOf(e.differences(champion)))
		}
	}
	c.Pairs = verdict.CalmerHalf(pairs)
	return c
}

// measuredAmong are those of the seeds that the recipe was measured on.
func (e *Experiment) measuredAmong(seeds []uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(seeds), func(seed uint64) bool { return !e.HasMeasured(seed) })
}

// differences are the experiment's log eval_ppl less the champion's, on the seeds
// that both were measured on.
func (e *Experiment) differences(champion Experiment) []float64 {
	both := champion.measuredAmong(e.seeds())
	return verdict.Differences(champion.logs(both), e.logs(both))
}

// without is the seeds that are not among others.
func without(seeds, others []uint64) []uint64 {
	var left []uint64
	for _, seed := range seeds {
		if !slices.Contains(others, seed) {
			left = append(left, seed)
		}
	}
	return left
}

// worsened is what the run's simplifications have cost before the experiment of that
// number; see [verdict.Worsened].
func worsened(experiments []Experiment, number int) float64 {
	var changes []table.Measure
	for _, e := range experiments {
		if e.Number < number && e.Status == StatusSimplify {
			changes = append(changes, e.Change)
		}
	}
	return verdict.Worsened(changes)
}
