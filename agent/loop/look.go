package loop

import (
	"context"
	"fmt"

	"github.com/ternlab/ternlab/results"
)

// calibrations is how often the baseline is trained on fresh seeds: their spread
// is the first measure of noise, and the final check needs them anyway.
const calibrations = 3

// onPairedSeeds measures the candidate, with the given stages, on the seeds that
// its champion is measured on, one after another, until the rule has seen
// enough.
func (l *Loop) onPairedSeeds(stages ...stage) stage {
	return func(ctx context.Context, c *candidate) error {
		for k := l.experiments[c.number].Looks + 1; ; k++ {
			c.seed = results.PairedSeed(l.run, k)
			if err := l.championToo(ctx, c, k); err != nil {
				return err
			}
			if err := inOrder(ctx, c, stages...); err != nil {
				return err
			}
			isClear, err := l.look(c, k)
			if isClear || err != nil {
				return err
			}
		}
	}
}

// championToo measures the champion on the candidate's seed, if it isn't yet.
// With the first contender of a run it also measures the noise.
func (l *Loop) championToo(ctx context.Context, c *candidate, k int) error {
	if k == 1 {
		return nil // each champion was a candidate once
	}
	for i := 1; i <= calibrations; i++ {
		if err := l.rerun(ctx, 0, results.FreshSeed(l.run, i)); err != nil {
			return err
		}
	}
	return l.rerun(ctx, c.champion, c.seed)
}

// look decides on what was measured on the first k seeds. It is false while
// that isn't clear.
func (l *Loop) look(c *candidate, k int) (isClear bool, err error) {
	e, seeds := l.experiments[c.number], results.PairedSeeds(l.run, k)
	trial, _ := e.Trial(c.seed)
	champion := l.experiments[c.champion]
	switch {
	case c.number == 0:
		c.judged = results.Decided(results.StatusKeep, "the baseline")
		return true, nil
	case trial.StoppedAt > 0:
		c.judged = l.stopped(trial, champion, seeds)
		return true, nil
	case !l.run.Rule.Sequential():
		candidate := results.Outcome{Seeds: seeds, EvalPPL: trial.EvalPPL}
		c.judged = results.Decide(c.parentOutcome, candidate).Judged()
		return true, nil
	}
	look := l.run.Rule.Look(results.Compare(l.run, l.experiments, champion, e, k))
	if look.Action == results.ActionMore {
		l.screen.Say(fmt.Sprintf("  %s; a further seed for champion and candidate", look.Reason))
		return false, l.appendTrial(results.KindLooked, c.number, results.Looked{Seeds: k, Reason: look.Reason})
	}
	c.judged, err = look.Verdict(seeds)
	return true, err
}

// stopped is the verdict on a candidate that lost the race.
func (l *Loop) stopped(trial results.Trial, champion results.Experiment, seeds []uint64) results.Judged {
	rival, _ := champion.Trial(trial.Seed)
	return results.Stopped(trial.StoppedAt, seeds, evalAt(rival.Points, trial.StoppedAt), evalAt(trial.Points, trial.StoppedAt))
}

func evalAt(points []results.Point, step int) results.Measure {
	for _, point := range points {
		if point.Step == step {
			return point.EvalPPL
		}
	}
	return results.Missing()
}
