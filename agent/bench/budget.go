package bench

import (
	"errors"
	"fmt"
	"time"

	"github.com/ternlab/ternlab/results/journal"
)

// ErrBudget says that the run has no time, no tokens or no money left for what
// comes next. It ends in order, and goes on with a larger budget.
var ErrBudget = errors.New("the budget is used up")

// afford says whether a run may spend what comes next, given what it has spent.
// What lowers the sum is always allowed.
func (s Settings) afford(spent, next journal.Spent) error {
	tokens := spent.TokensIn + spent.TokensOut
	more := next.TokensIn + next.TokensOut
	if s.BudgetTokens > 0 && more >= 0 && tokens+max(1, more) > s.BudgetTokens {
		return fmt.Errorf("%w: %d of --budget-tokens %d are spent, and a request takes up to %d; a larger one goes on",
			ErrBudget, tokens, s.BudgetTokens, more)
	}
	usd, moreUSD := spent.USD, next.USD
	if s.BudgetUSD > 0 && moreUSD >= 0 && float64(usd+moreUSD) > s.BudgetUSD {
		return fmt.Errorf("%w: $%.4f of --budget-usd %g are spent, and a request takes up to $%.4f; a larger one goes on",
			ErrBudget, usd, s.BudgetUSD, moreUSD)
	}
	return nil
}

// hasTime says whether another experiment may begin in a run that took so long.
func (s Settings) hasTime(elapsed time.Duration) error {
	if s.BudgetTime == 0 || elapsed < s.BudgetTime {
		return nil
	}
	return fmt.Errorf("%w: %s of --budget-time %s are spent; a larger one goes on", ErrBudget, elapsed.Round(time.Second), s.BudgetTime)
}

// spent adds up what a run's requests to a language model have cost. Tokens whose
// price was not known cost nothing here.
func spent(experiments []journal.Experiment) journal.Spent {
	var sum journal.Spent
	for _, e := range experiments {
		sum.TokensIn += e.TokensIn
		sum.TokensOut += e.TokensOut
		sum.TokensOut += e.Tokens - e.TokensIn - e.TokensOut // Of a journal that doesn't tell them apart.
		if e.USD.Valid() {
			sum.USD += e.USD
		}
	}
	return sum
}

// Spend journals what a request of an experiment costs, if the run can afford it.
func (b *Bench) Spend(number int, cost journal.Spent) error {
	if err := b.Settings.afford(spent(b.Record.Experiments()), cost); err != nil {
		return err
	}
	return b.Record.Append(number, cost)
}

// HasTime says whether another experiment may begin.
func (b *Bench) HasTime() error { return b.Settings.hasTime(b.Record.Elapsed()) }
