package loop

import (
	"slices"

	"github.com/ternlab/ternlab/results/journal"
)

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
