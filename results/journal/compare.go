package journal

import (
	"maps"
	"math"
	"slices"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// Compare puts a candidate beside its champion on the first k paired seeds, on
// which the candidate was measured. The experiments before it that were compared
// with the same champion say how much eval_ppl scatters around it; those around former
// champions say it less well. Whether it has less code is for others to say.
func Compare(run Run, before []Experiment, champion, candidate Experiment, k int) verdict.Comparison {
	seeds := PairedSeeds(run, k)
	both := champion.measuredAmong(seeds)
	c := verdict.Comparison{
		Experiment: candidate.Number, Keeps: keeps(before, candidate.Number),
		Champion: champion.logs(both), Candidate: candidate.logs(both),
		Alone: candidate.logs(without(seeds, both)), Seeds: slices.Concat(both, without(seeds, both)),
		Clear: candidate.Clear, Equal: candidate.Equal, Worsened: worsened(before, candidate.Number),
		Others: verdict.SpreadOf(champion.logs(without(champion.seeds(), both))),
	}
	for _, e := range before {
		if e.Number > champion.Number && e.Number < candidate.Number && e.ParentCommit == candidate.ParentCommit {
			c.Others = c.Others.With(verdict.SpreadOf(e.logs(e.seeds())))
		}
	}
	c.Noise, c.Former = noiseAround(before, candidate.Number, candidate.ParentCommit)
	return c
}

// noiseAround is what recipes and seeds leave unexplained of the experiments before one:
// of those that were compared with the champion at a commit, and of all others.
func noiseAround(experiments []Experiment, number int, commit string) (near, far verdict.Spread) {
	families := map[string][]map[uint64]float64{} // by the commit that they were compared with
	for _, e := range experiments {
		if e.Number > 0 && e.Number < number {
			families[e.ParentCommit] = append(families[e.ParentCommit], e.bySeed())
		}
	}
	for _, parent := range slices.Sorted(maps.Keys(families)) {
		champion := experiments[ChampionAt(experiments, parent)]
		residuals := verdict.Residuals(append(families[parent], champion.bySeed()))
		if parent == commit {
			near = residuals
		} else {
			far = far.With(residuals)
		}
	}
	return near, far
}

// keeps are the numbers of the experiments before one that were kept for a gain.
func keeps(experiments []Experiment, number int) []int {
	var numbers []int
	for _, e := range experiments {
		if e.Number > 0 && e.Number < number && e.Status == StatusKeep {
			numbers = append(numbers, e.Number)
		}
	}
	return numbers
}

// bySeed is log eval_ppl by seed.
func (e *Experiment) bySeed() map[uint64]float64 {
	values := map[uint64]float64{}
	for _, trial := range e.Trials {
		if trial.EvalPPL.Valid() {
			values[trial.Seed] = math.Log(float64(trial.EvalPPL))
		}
	}
	return values
}

// measuredAmong are those of the seeds that the recipe was measured on.
func (e *Experiment) measuredAmong(seeds []uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(seeds), func(seed uint64) bool { return !e.HasMeasured(seed) })
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
