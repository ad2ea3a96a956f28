package results

import (
	"fmt"
	"slices"
	"strings"
)

// PairedSeeds are the seeds of the first k looks.
func PairedSeeds(run Run, k int) []uint64 {
	seeds := make([]uint64, k)
	for i := range seeds {
		seeds[i] = PairedSeed(run, i+1)
	}
	return seeds
}

// Compare puts a candidate beside its champion on the first k paired seeds,
// which both were measured on. The experiments before it that were compared with
// the same champion say how much eval_ppl scatters around it.
func Compare(run Run, before []Experiment, champion, candidate Experiment, k int) Comparison {
	seeds := PairedSeeds(run, k)
	others := SpreadOf(champion.logs(without(champion.seeds(), seeds)))
	for _, e := range before {
		if e.Number > champion.Number && e.Number < candidate.Number && e.ParentCommit == candidate.ParentCommit {
			others = others.With(SpreadOf(e.logs(e.seeds())))
		}
	}
	return Comparison{
		Experiment: candidate.Number, Champion: champion.logs(seeds), Candidate: candidate.logs(seeds),
		Others: others, Simpler: LessCode(candidate.Diff),
	}
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

// LessCode tells whether a unified diff takes out more lines of code than it
// puts in. Blank lines and whole-line comments are no code.
func LessCode(diff string) bool {
	balance := 0
	for line := range strings.Lines(diff) {
		code := strings.TrimSpace(line[1:])
		switch {
		case strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---") || code == "" || strings.HasPrefix(code, "//"):
		case line[0] == '+':
			balance++
		case line[0] == '-':
			balance--
		}
	}
	return balance < 0
}

// Verdict is a look that decides as the journal records it.
func (l Look) Verdict(seeds []uint64) (Judged, error) {
	statuses := map[Action]Status{ActionKeep: StatusKeep, ActionSimplify: StatusSimplify, ActionDiscard: StatusDiscard}
	status, ok := statuses[l.Action]
	if !ok {
		return Judged{}, fmt.Errorf("action %q is no verdict", l.Action)
	}
	return Judged{Status: status, Reason: l.Reason, Seeds: seeds, Change: l.Change, Low: l.Low, High: l.High}, nil
}
