package results

import (
	"fmt"
	"slices"
)

// PairedSeeds are the seeds of the first k looks.
func PairedSeeds(run Run, k int) []uint64 {
	seeds := make([]uint64, k)
	for i := range seeds {
		seeds[i] = PairedSeed(run, i+1)
	}
	return seeds
}

// Compare puts a candidate beside its champion on the first k paired seeds, on
// which the candidate was measured. The experiments before it that were compared
// with the same champion say how much eval_ppl, and its differences, scatter around
// it. Whether it has less code is for others to say.
func Compare(run Run, before []Experiment, champion, candidate Experiment, k int) Comparison {
	seeds := PairedSeeds(run, k)
	both := champion.measuredAmong(seeds)
	c := Comparison{
		Experiment: candidate.Number, Champion: champion.logs(both), Candidate: candidate.logs(both),
		Alone: candidate.logs(without(seeds, both)), Seeds: slices.Concat(both, without(seeds, both)),
		Clear: candidate.Clear, Equal: candidate.Equal, Worsened: Worsened(before, candidate.Number),
		Others: SpreadOf(champion.logs(without(champion.seeds(), both))),
	}
	var pairs []Spread
	for _, e := range before {
		if e.Number > champion.Number && e.Number < candidate.Number && e.ParentCommit == candidate.ParentCommit {
			c.Others = c.Others.With(SpreadOf(e.logs(e.seeds())))
			pairs = append(pairs, SpreadOf(e.differences(champion)))
		}
	}
	c.Pairs = CalmerHalf(pairs)
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
	return Comparison{Champion: champion.logs(both), Candidate: e.logs(both)}.differences()
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

// Verdict is a look that decides as the journal records it.
func (l Look) Verdict(seeds []uint64) (Judged, error) {
	statuses := map[Action]Status{ActionKeep: StatusKeep, ActionSimplify: StatusSimplify, ActionDiscard: StatusDiscard}
	status, ok := statuses[l.Action]
	if !ok {
		return Judged{}, fmt.Errorf("action %q is no verdict", l.Action)
	}
	return Judged{Status: status, Reason: l.Reason, Seeds: seeds, Change: l.Change, Low: l.Low, High: l.High, Worst: &l.Worst}, nil
}
