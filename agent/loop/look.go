package loop

import (
	"context"
	"fmt"
	"slices"

	"github.com/ternlab/ternlab/agent/lab"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// calibrations is how often the baseline is trained on fresh seeds: their spread
// is the first measure of noise, and the final check needs them anyway.
const calibrations = 3

// nextSeed goes on to the first seed that the candidate was not looked at on.
func (l *Loop) nextSeed(_ context.Context, c *candidate) error {
	c.seed = journal.PairedSeed(l.record.Run(), l.record.Experiments()[c.number].Looks+1)
	return nil
}

// setBand says how far behind whom a training on the seed at hand may be. It doesn't
// depend on which training of the round ends first.
func (l *Loop) setBand(_ context.Context, c *candidate) error {
	known := l.record.Experiments()
	c.band = journal.RaceBand(before(known, journal.PairedSeeds(l.record.Run(), known[c.number].Looks)))
	c.rival = l.rival(c)
	return nil
}

// rival is the champion's curve on the candidate's seed, if there is a race: not
// where it doesn't fit what the champion exported, which is said once.
func (l *Loop) rival(c *candidate) []table.Point {
	if !l.record.Run().Rule.Racing || c.number == 0 {
		return nil
	}
	champion := l.record.Experiments()[c.champion]
	trial, _ := champion.Trial(c.seed)
	misfit := trial.Misfit()
	if misfit == "" {
		return trial.Points
	}
	if !l.unraced[c.champion] {
		l.screen.Say(fmt.Sprintf("  no race: %s %s on seed %d", l.nameOf(c.champion), misfit, c.seed))
		l.unraced[c.champion] = true
	}
	return nil
}

// before are the experiments as they were when those under way had been measured
// on the given seeds alone.
func before(known []journal.Experiment, seeds []uint64) []journal.Experiment {
	known = slices.Clone(known)
	for i, e := range known {
		if e.Status != journal.StatusRunning {
			continue
		}
		known[i].Trials = slices.DeleteFunc(slices.Clone(e.Trials), func(t journal.Trial) bool {
			return !slices.Contains(seeds, t.Seed)
		})
	}
	return known
}

// championToo measures the champion on the candidate's seed, if it isn't yet.
// With the first contender of a run it also measures the noise.
func (l *Loop) championToo(ctx context.Context, c *candidate) error {
	if c.seed == journal.PairedSeed(l.record.Run(), 1) {
		return nil // each champion was a candidate once
	}
	for i := 1; i <= calibrations; i++ {
		if err := l.rerun(ctx, 0, journal.FreshSeed(l.record.Run(), i), lab.Text{}); err != nil {
			return err
		}
	}
	if best, _ := journal.Best(l.record.Experiments()); best.Number == c.champion {
		if err := l.holdToFigures(ctx, false); err != nil {
			return err
		}
	}
	known := l.record.Experiments()
	if known[c.champion].Status == journal.StatusWithdrawn {
		return nil // what becomes of the candidate is decided for its whole batch
	}
	if !l.record.Run().Rule.NeedsChampion(l.comparison(c, known, known[c.number].Looks)) {
		return nil
	}
	return l.rerun(ctx, c.champion, c.seed, lab.Text{})
}

// comparison puts the candidate beside its champion on the first k seeds.
func (l *Loop) comparison(c *candidate, known []journal.Experiment, k int) verdict.Comparison {
	comparison := journal.Compare(l.record.Run(), known, known[c.champion], known[c.number], k)
	comparison.Simpler = verdict.LessCode(c.files, c.changed)
	return comparison
}

// look decides on what was measured on the seeds so far. Where that isn't clear,
// the next look has a further seed.
func (l *Loop) look(_ context.Context, c *candidate) error {
	known := l.record.Experiments()
	e, champion := known[c.number], known[c.champion]
	k := e.Looks + 1
	seeds := journal.PairedSeeds(l.record.Run(), k)
	trial, _ := e.Trial(c.seed)
	c.isClear = true
	switch {
	case c.number == 0:
		c.judged = journal.Decided(journal.StatusKeep, "the baseline")
		return nil
	case trial.StoppedAt > 0:
		c.judged = l.stopped(trial, champion, seeds)
		return nil
	case !l.record.Run().Rule.Sequential():
		candidate := verdict.Outcome{Seeds: seeds, EvalPPL: trial.EvalPPL}
		c.judged = journal.OfBrief(verdict.Decide(c.parentOutcome, candidate))
		return nil
	}
	comparison := l.comparison(c, known, k)
	look := l.record.Run().Rule.Look(comparison)
	if look.Action == verdict.ActionMore {
		c.isClear = false
		comparison.Clear, comparison.Equal = look.Clear, look.Equal
		whose := "the candidate"
		if l.record.Run().Rule.NeedsChampion(comparison) {
			whose = "champion and candidate"
		}
		l.screen.Say(fmt.Sprintf("  %s%s; a further seed for %s", c.label, look.Reason, whose))
		return l.record.Append(c.number, journal.Looked{
			Seeds: k, Reason: look.Reason, Clear: look.Clear, Equal: look.Equal,
		})
	}
	var err error
	c.judged, err = journal.OfLook(look, seeds)
	return err
}

// stopped is the verdict on a candidate that lost the race.
func (l *Loop) stopped(trial journal.Trial, champion journal.Experiment, seeds []uint64) journal.Judged {
	rival, _ := champion.Trial(trial.Seed)
	mine := table.NewPoint(trial.StoppedAt)
	for _, point := range trial.Points {
		if point.Step == trial.StoppedAt {
			mine = point
		}
	}
	beside, ok := mine.Beside(rival.Points)
	if !ok {
		beside = table.NewPoint(0)
	}
	return journal.Stopped(trial.StoppedAt, seeds, beside.EvalPPL, mine.EvalPPL)
}
