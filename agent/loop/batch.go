package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/ternlab/ternlab/agent/lab"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
)

// nextBatch begins the experiments that come next, or takes those up that are
// under way.
func (l *Loop) nextBatch(budget int) ([]*candidate, error) {
	id, numbers := nextNumbers(l.record.Experiments(), max(1, l.settings.Parallel), budget)
	batch := make([]*candidate, len(numbers))
	for i, number := range numbers {
		var err error
		if batch[i], err = l.begin(number, id); err != nil {
			return nil, err
		}
		if l.settings.Parallel > 1 {
			batch[i].label = "#" + strconv.Itoa(number) + " "
		}
	}
	return batch, nil
}

// nextNumbers are the experiments that come next and the batch that they belong
// to, which has its first one's number. A batch is open while none of its
// experiments is decided: one that was interrupted then gets those that it lacks.
func nextNumbers(known []journal.Experiment, size, budget int) (id int, numbers []int) {
	var underWay []journal.Experiment
	for _, e := range known {
		if e.Status == journal.StatusRunning {
			underWay = append(underWay, e)
		}
	}
	if len(underWay) == 0 {
		return len(known), countFrom(len(known), size, budget)
	}
	first := underWay[0]
	if !isClosed(known, first.Batch) {
		return first.Batch, countFrom(first.Number, max(size, len(underWay)), budget)
	}
	for _, e := range underWay {
		if e.Stage != journal.KindIntent && e.Number <= budget {
			numbers = append(numbers, e.Number)
		}
	}
	if len(numbers) > 0 {
		return first.Batch, numbers
	}
	return first.Number, countFrom(first.Number, size, budget) // nothing was proposed for them: they begin anew
}

func isClosed(known []journal.Experiment, batch int) bool {
	return slices.ContainsFunc(known, func(e journal.Experiment) bool {
		return e.Batch == batch && e.Status != journal.StatusRunning
	})
}

// countFrom lists n numbers from the first on, as far as the budget goes.
func countFrom(first, n, budget int) []int {
	var numbers []int
	for number := first; number < first+n && number <= budget; number++ {
		numbers = append(numbers, number)
	}
	return numbers
}

// proposed runs the stages for one candidate after another, so that each proposal
// knows of those before it. Where nothing is left to try or to spend, those before
// go on without the others.
func (l *Loop) proposed(ctx context.Context, batch []*candidate, stages ...stage) ([]*candidate, error) {
	for i, c := range batch {
		err := c.through(ctx, stages)
		if isEnd := errors.Is(err, proposer.ErrExhausted) || errors.Is(err, ErrBudget); isEnd && i > 0 {
			return batch[:i], nil
		}
		if err != nil {
			return nil, err
		}
	}
	return batch, nil
}

// nextRound are those candidates, among the unclear, that have been measured on the fewest seeds. But
// for an interruption in the middle of a round that is all of them.
func (l *Loop) nextRound(batch []*candidate) []*candidate {
	var round []*candidate
	fewest := 0
	known := l.record.Experiments()
	for _, c := range batch {
		looks := known[c.number].Looks
		switch {
		case c.crash != nil || c.isClear:
		case len(round) == 0 || looks < fewest:
			round, fewest = []*candidate{c}, looks
		case looks == fewest:
			round = append(round, c)
		}
	}
	return round
}

// inTurn runs the stages for one candidate after another.
func inTurn(ctx context.Context, batch []*candidate, stages ...stage) error {
	for _, c := range batch {
		if err := c.through(ctx, stages); err != nil {
			return err
		}
	}
	return nil
}

// atOnce runs the stages for all candidates at the same time, each on its share of
// the processors. What one of them fails with, the others still finish.
func (l *Loop) atOnce(ctx context.Context, batch []*candidate, stages ...stage) error {
	for abreast := range slices.Chunk(batch, l.atMost()) {
		failed := make([]error, len(abreast))
		var all sync.WaitGroup
		for i, c := range abreast {
			c.share = lab.Share{Index: i, Of: len(abreast)}
			all.Go(func() { failed[i] = c.through(ctx, stages) })
		}
		all.Wait()
		if err := worst(failed); err != nil {
			return err
		}
	}
	return nil
}

// atMost is how many trials run at the same time.
func (l *Loop) atMost() int {
	most := max(1, l.settings.Parallel)
	if slots := l.runner.Slots(l.record.Run().Backend); slots > 0 {
		most = min(most, slots)
	}
	return most
}

// worst is the first error that says more than that the run was asked to end.
func worst(failed []error) error {
	var stopped error
	for _, err := range failed {
		if err != nil && !errors.Is(err, ErrStopped) {
			return err
		}
		stopped = errors.Join(stopped, err)
	}
	if stopped != nil {
		return ErrStopped
	}
	return nil
}

// decided runs the stages for those candidates on which the rule has seen enough,
// one after another, and returns the others. What is to be kept waits until the
// whole batch is clear: then the best comes first, for one alone can be kept.
func (l *Loop) decided(ctx context.Context, batch []*candidate, stages ...stage) (left []*candidate, err error) {
	isOpen := slices.ContainsFunc(batch, func(c *candidate) bool { return c.crash == nil && !c.isClear })
	var ready []*candidate
	for _, c := range batch {
		switch {
		case isOpen && c.crash == nil && (!c.isClear || c.judged.Status.Kept()):
			if err := l.wait(c); err != nil {
				return nil, err
			}
			left = append(left, c)
		default:
			ready = append(ready, c)
		}
	}
	slices.SortStableFunc(ready, func(a, b *candidate) int { return cmp.Compare(a.rank(), b.rank()) })
	for _, c := range ready {
		if err := inOrder(ctx, c, stages...); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// wait journals what a candidate is to be judged, if that is clear: later looks at
// the rest of its batch see more than this one did.
func (l *Loop) wait(c *candidate) error {
	e := l.record.Experiments()[c.number]
	if !c.isClear || e.Waiting != nil {
		return nil
	}
	l.screen.Say(fmt.Sprintf("  %s%s; waiting for the others", c.label, c.judged.Reason))
	return l.record.Append(c.number, journal.Looked{Seeds: e.Looks + 1, Reason: c.judged.Reason, Judged: &c.judged})
}

// rank orders candidates that are decided at the same time: a keep by the change
// of eval_ppl that it brings, others behind.
func (c *candidate) rank() float64 {
	switch {
	case !c.judged.Status.Kept():
		return math.Inf(1)
	case c.judged.Change.Valid():
		return float64(c.judged.Change)
	}
	return float64(c.evaluated.EvalPPL/c.parentOutcome.EvalPPL) - 1
}

// through runs the stages until one fails. A crash ends the candidate's own way
// alone: no further stage is run, and its verdict says why.
func (c *candidate) through(ctx context.Context, stages []stage) error {
	for _, next := range stages {
		if c.crash == nil {
			if err := next(ctx, c); err != nil && !c.isCrashedBy(err) {
				return err
			}
		}
	}
	return nil
}

// isCrashedBy notes an error that is the candidate's own fault, and tells whether
// it is.
func (c *candidate) isCrashedBy(err error) bool {
	c.crash = asCrash(err)
	return c.crash != nil
}
