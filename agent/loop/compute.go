package loop

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/ternlab/ternlab/results/journal"
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

// steps is how many a training has, 0 where that follows from its tokens.
func (t *training) steps(run journal.Run) int {
	if t.tokens > 0 {
		return 0
	}
	return run.Steps
}

// allot gives a training its share of what the run holds equal. The baseline's own
// recipe has the run's steps, whatever that is.
func (l *Loop) allot(ctx context.Context, t *training) error {
	t.tokens, t.stepS = 0, 0
	baseline := l.known()[0]
	switch l.run.HeldEqual() {
	case journal.EqualTokens:
		if t.isBaseline {
			return nil
		}
		if t.tokens = baseline.Allotted(); t.tokens == 0 {
			return errors.New("the run holds tokens equal, but its journal doesn't say how many the baseline was trained on")
		}
	case journal.EqualTime:
		return l.allotTime(ctx, t, baseline)
	}
	return nil
}

// allotTime gives a training the tokens of as many steps as take the baseline's time.
// A few steps of the recipe are run and timed by this process's clock, once for each
// recipe: on further seeds it has the tokens that it had on the first.
func (l *Loop) allotTime(ctx context.Context, t *training, baseline journal.Experiment) error {
	if t.isBaseline && baseline.StepS.Valid() {
		return nil
	}
	if t.tokens = t.before; t.tokens > 0 && !t.isBaseline {
		return nil
	}
	t.tokens = 0
	pace, err := l.timeSteps(ctx, t)
	if err != nil {
		return err
	}
	t.stepS = float64(pace.seconds)
	if t.isBaseline {
		return nil
	}
	steps := stepsInTime(l.run.Steps, baseline.StepS, pace.seconds)
	t.tokens = steps * pace.tokens
	l.screen.Say(fmt.Sprintf("  %sa step takes %.3g s, the baseline's %.3g s: %d steps, where that has %d", t.label, pace.seconds, baseline.StepS, steps, l.run.Steps))
	return nil
}

// pace is what a step of a recipe takes.
type pace struct {
	seconds table.Measure
	tokens  int
}

// stepsInTime is how many steps of a recipe take as long as the baseline's.
func stepsInTime(steps int, baseline, own table.Measure) int {
	const most = 10 // times as many; no honest recipe is so much quicker
	if !baseline.Valid() || !own.Valid() || own <= 0 || baseline <= 0 {
		return steps
	}
	return max(1, min(int(float64(steps)*float64(baseline/own)), most*steps))
}

// timeSteps runs a few steps of a training. The time of one is the median; what the
// first takes isn't in it, for its graph is compiled then.
func (l *Loop) timeSteps(ctx context.Context, t *training) (pace, error) {
	const fewest, most, share = 5, 20, 10
	if err := t.emptyFolder(); err != nil {
		return pace{}, err
	}
	steps := max(fewest, min(l.run.Steps/share, most))
	process := l.trainer(t, steps)
	process.LogFile = filepath.Join(t.folder, "pace.log")
	var seen []time.Time
	var took account
	process.OnLine = func(line []byte) {
		if event, err := progress.ParseEvent(line); err == nil && event.Kind == progress.Step {
			seen = append(seen, time.Now())
			took.take(event)
		}
	}
	l.screen.Doing(t.label + "timing steps")
	exit, err := l.runProgram(ctx, process)
	if err = ended(err, process); err == nil && exit.Code != 0 {
		err = trainFailure(exit)
	}
	if err != nil {
		return pace{}, err
	}
	if len(seen) != steps || took.tokens == 0 {
		return pace{}, &crash{journal.FailureTrainFailed, fmt.Errorf("reported %d of %d steps and %d tokens, so that they can't be timed", len(seen), steps, took.tokens)}
	}
	return pace{medianGap(seen), took.tokens / steps}, nil
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

// overdrawn says that a training took more than its share, or doesn't say what it
// took where that must be known.
func (l *Loop) overdrawn(t *training) error {
	switch {
	case l.run.HeldEqual() == journal.EqualSteps:
		return nil
	case t.account.tokens == 0:
		return &crash{journal.FailureTrainFailed, errors.New("the training doesn't say how many tokens it took, but the run counts on it; --equal steps doesn't")}
	case t.tokens > 0 && t.account.tokens > t.tokens:
		return &crash{journal.FailureLimit, fmt.Errorf("trained on %d tokens, its share is %d", t.account.tokens, t.tokens)}
	}
	return nil
}
