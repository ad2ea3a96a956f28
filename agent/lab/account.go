package lab

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/progress"
)

// account is what a training takes. The trainer's fixed part counts it and says so
// with each step; the process runs the candidate's code, too, so of all counts the
// largest is believed: a line that was made up can add to it, not take away.
type account struct {
	steps, done, tokens int
	flops               float64
}

func (a *account) take(event progress.Event) {
	if event.Tokens > a.tokens || (a.tokens == 0 && event.Step > a.done) {
		a.steps, a.done, a.tokens = event.Steps, event.Step, event.Tokens
	}
	a.flops = max(a.flops, event.FLOPs)
}

// overdrawn is the fault of a training that took more than its share, or doesn't say
// what it took where that must be known.
func (a account) overdrawn(spec Spec) error {
	switch {
	case !spec.MustCount:
		return nil
	case a.tokens == 0:
		return &FaultError{TrainFailed, errors.New("the training doesn't say how many tokens it took, but the run counts on it; --equal steps doesn't")}
	case spec.Tokens > 0 && a.tokens > spec.Tokens:
		return &FaultError{OverLimit, fmt.Errorf("trained on %d tokens, its share is %d", a.tokens, spec.Tokens)}
	}
	return nil
}

// medianGap is the median time between neighbours, in seconds.
func medianGap(times []time.Time) table.Measure {
	gaps := make([]time.Duration, 0, len(times))
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, times[i].Sub(times[i-1]))
	}
	if len(gaps) == 0 {
		return table.Missing()
	}
	slices.Sort(gaps)
	return seconds(gaps[len(gaps)/2])
}
