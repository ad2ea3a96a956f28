package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/draft"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
)

// candidate is a draft that was built, and how far its measurements decide.
type candidate struct {
	start   draft.Start
	draft   draft.Draft
	program lab.Program
	fault   *lab.FaultError // why it has no figures; nil for none
	ruling  ruling
}

// faulty is the candidate with a fault, if the error is one; any other error is
// returned.
func faulty(c candidate, err error) (candidate, error) {
	if c.fault = lab.AsFault(err); c.fault != nil {
		err = nil
	}
	return c, err
}

// beginAll begins the experiments that come next, or takes those up that are under way.
func (l *Loop) beginAll(budget int) ([]draft.Start, error) {
	batch, numbers := nextNumbers(l.bench.Record.Experiments(), max(1, l.bench.Settings.Parallel), budget)
	starts := make([]draft.Start, len(numbers))
	for i, number := range numbers {
		var err error
		if starts[i], err = draft.Begin(l.bench, number, batch); err != nil {
			return nil, err
		}
	}
	return starts, nil
}

// draftEach makes the candidates one after another, so that each proposal knows of
// those before it. Where nothing is left to try or to spend, those before go on without
// the others.
func (l *Loop) draftEach(ctx context.Context, starts []draft.Start) ([]candidate, error) {
	var batch []candidate
	for _, start := range starts {
		c, err := l.draft(ctx, start)
		if isEnd := errors.Is(err, proposer.ErrExhausted) || errors.Is(err, bench.ErrBudget); isEnd && len(batch) > 0 {
			return batch, nil
		}
		if err != nil {
			return nil, err
		}
		if c.fault == nil {
			announce(l.bench, c)
		}
		batch = append(batch, c)
	}
	return batch, nil
}

// draft says what the experiment tries, and builds it. A draft that was refused, or
// doesn't build, is a candidate with a fault.
func (l *Loop) draft(ctx context.Context, start draft.Start) (candidate, error) {
	e := l.bench.Record.Experiments()[start.Number]
	if start.Number > 0 && !l.bench.Record.Run().AA && !draft.IsBuilt(e) {
		made, program, err := l.drafter.Draft(ctx, start)
		return faulty(candidate{start: start, draft: made, program: program}, err)
	}
	made, err := draft.Given(l.bench, start, e)
	if err != nil {
		return candidate{}, err
	}
	program, err := draft.Build(ctx, l.bench, start, made)
	return faulty(candidate{start: start, draft: made, program: program, ruling: rulingOf(e)}, err)
}

// announce says what will be trained.
func announce(b *bench.Bench, c candidate) {
	const longest = 120 // runes
	b.Observer.Say(c.start.Title + " · " + line.Cut(line.Clean(c.draft.Description), longest))
}

// nextRound are those candidates, among the unclear, that have been measured on the
// fewest seeds, and the next one. But for an interruption in the middle of a round that
// is all of them.
func nextRound(run journal.Run, known []journal.Experiment, batch []candidate) (round []candidate, seed uint64) {
	fewest := 0
	for _, c := range batch {
		looks := known[c.start.Number].Looks
		switch {
		case c.fault != nil || c.ruling.isClear:
		case len(round) == 0 || looks < fewest:
			round, fewest = []candidate{c}, looks
		case looks == fewest:
			round = append(round, c)
		}
	}
	return round, journal.PairedSeed(run, fewest+1)
}

// tryEach makes the trials of a round at the same time, each on its share of the
// machine. A fault ends the candidate's own way alone; what another error ends, the
// others still finish.
func (l *Loop) tryEach(ctx context.Context, round []candidate, seed uint64) ([]candidate, error) {
	races := make([]race, len(round))
	for i, c := range round {
		if err := l.measureChampion(ctx, c, seed); err != nil {
			return nil, err
		}
		races[i] = l.raceOf(c, seed)
	}
	if isOrphaned(l.bench.Record.Experiments(), round) {
		return round, nil
	}
	tried, failed := make([]candidate, len(round)), make([]error, len(round))
	for first := 0; first < len(round); first += l.bench.Slots() {
		end := min(first+l.bench.Slots(), len(round))
		var all sync.WaitGroup
		for i := first; i < end; i++ {
			all.Go(func() {
				err := l.try(ctx, round[i], seed, races[i], lab.Share{Index: i - first, Of: end - first})
				tried[i], failed[i] = faulty(round[i], err)
			})
		}
		all.Wait()
		if err := worst(failed); err != nil {
			return nil, err
		}
	}
	return tried, nil
}

// worst is the first error that says more than that the run was asked to end.
func worst(failed []error) error {
	var stopped error
	for _, err := range failed {
		if err != nil && !errors.Is(err, bench.ErrStopped) {
			return err
		}
		stopped = errors.Join(stopped, err)
	}
	if stopped != nil {
		return bench.ErrStopped
	}
	return nil
}

// lookAtEach has a look at each candidate of a round, in the order of their numbers.
func (l *Loop) lookAtEach(ctx context.Context, round []candidate) ([]candidate, error) {
	looked := slices.Clone(round)
	for i, c := range round {
		if c.fault != nil {
			continue
		}
		err := l.calibrateFor(ctx, c)
		if err == nil {
			looked[i].ruling, err = l.look(c)
		}
		if err != nil {
			return nil, err
		}
	}
	return looked, nil
}

// with is the batch with what has become of some of its candidates.
func with(batch, changed []candidate) []candidate {
	batch = slices.Clone(batch)
	for i, c := range batch {
		for _, other := range changed {
			if other.start.Number == c.start.Number {
				batch[i] = other
			}
		}
	}
	return batch
}

// decideClear decides on those candidates on which the rule has seen enough, one after
// another, and returns the others. What is to be kept waits until the whole batch is
// clear: then the best comes first, for one alone can be kept.
func (l *Loop) decideClear(batch []candidate) (open []candidate, err error) {
	open, ready := part(batch)
	for _, c := range open {
		if err := l.wait(c); err != nil {
			return nil, err
		}
	}
	known := l.bench.Record.Experiments()
	slices.SortStableFunc(ready, func(a, b candidate) int { return cmp.Compare(a.rank(known), b.rank(known)) })
	for _, c := range ready {
		if err := l.decide(c); err != nil {
			return nil, err
		}
	}
	return open, nil
}

// part parts the candidates of a batch into those that go on or wait, and those to be
// decided.
func part(batch []candidate) (open, ready []candidate) {
	isOpen := slices.ContainsFunc(batch, func(c candidate) bool { return c.fault == nil && !c.ruling.isClear })
	for _, c := range batch {
		if isOpen && c.fault == nil && (!c.ruling.isClear || c.ruling.judged.Status.Kept()) {
			open = append(open, c)
		} else {
			ready = append(ready, c)
		}
	}
	return open, ready
}

// wait journals what a candidate is to be judged, if that is clear: later looks at
// the rest of its batch see more than this one did.
func (l *Loop) wait(c candidate) error {
	e := l.bench.Record.Experiments()[c.start.Number]
	if !c.ruling.isClear || e.Waiting != nil {
		return nil
	}
	judged := c.ruling.judged
	l.bench.Observer.Say(fmt.Sprintf("  %s%s; waiting for the others", c.start.Label, judged.Reason))
	return l.bench.Record.Append(e.Number, journal.Looked{Seeds: e.Looks + 1, Reason: judged.Reason, Judged: &judged})
}

// rank orders candidates that are decided at the same time: a keep by the change
// of eval_ppl that it brings, others behind.
func (c candidate) rank(known []journal.Experiment) float64 {
	e := known[c.start.Number]
	switch {
	case c.fault != nil || !c.ruling.judged.Status.Kept():
		return math.Inf(1)
	case c.ruling.judged.Change.Valid():
		return float64(c.ruling.judged.Change)
	}
	return float64(e.EvalPPL/e.ParentEvalPPL) - 1
}
