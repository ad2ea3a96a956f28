package loop

import (
	"context"
	"fmt"
	"slices"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/check"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// calibrations is how often the baseline is trained on fresh seeds: their spread
// is the first measure of noise, and the final check needs them anyway.
const calibrations = 3

// measureChampion measures the candidate's champion on a seed, if it isn't yet.
// With the first contender of a run it also measures the noise. A champion whose own
// figure is another now is withdrawn.
func (l *Loop) measureChampion(ctx context.Context, c candidate, seed uint64) error {
	run := l.bench.Record.Run()
	if seed == journal.PairedSeed(run, 1) {
		return nil // each champion was a candidate once
	}
	if err := l.calibrate(ctx); err != nil {
		return err
	}
	if best, _ := journal.Best(l.bench.Record.Experiments()); best.Number == c.start.Champion {
		if err := check.HoldToFigures(ctx, l.bench, false); err != nil {
			return err
		}
	}
	known := l.bench.Record.Experiments()
	if known[c.start.Champion].Status == journal.StatusWithdrawn {
		return nil // what becomes of the candidate is decided for its whole batch
	}
	if !run.Rule.NeedsChampion(c.comparison(run, known, known[c.start.Number].Looks)) {
		return nil
	}
	return l.trials.Rerun(ctx, c.start.Champion, seed, lab.Text{})
}

// calibrate measures the noise, if it wasn't yet.
func (l *Loop) calibrate(ctx context.Context) error {
	for i := 1; i <= calibrations; i++ {
		if err := l.trials.Rerun(ctx, 0, journal.FreshSeed(l.bench.Record.Run(), i), lab.Text{}); err != nil {
			return err
		}
	}
	return nil
}

// calibrateFor measures the noise for a candidate whose gain is large enough to be kept
// at once where the noise is known.
func (l *Loop) calibrateFor(ctx context.Context, c candidate) error {
	run, known := l.bench.Record.Run(), l.bench.Record.Experiments()
	if !run.Rule.Sequential() || !known[c.start.Number].HasMeasured(journal.PairedSeed(run, 1)) {
		return nil
	}
	if known[c.start.Number].Looks > 0 || !run.Rule.WantsNoise(c.comparison(run, known, 1)) {
		return nil
	}
	return l.calibrate(ctx)
}

// comparison puts the candidate beside its champion on the first k seeds.
func (c candidate) comparison(run journal.Run, known []journal.Experiment, k int) verdict.Comparison {
	comparison := journal.Compare(run, known, known[c.start.Champion], known[c.start.Number], k)
	comparison.Simpler = verdict.LessCode(c.start.Files, c.draft.Changed)
	return comparison
}

// race is what a candidate's training may be stopped by; the zero value is no race.
type race struct {
	rival []table.Point // the champion's curve on the seed
	band  verdict.Band  // how far behind it a training may be
}

// raceOf is the candidate's race on a seed. It doesn't depend on which training of the
// round ends first. There is none where the champion's curve doesn't fit what the
// champion exported, which is said once.
func (l *Loop) raceOf(c candidate, seed uint64) race {
	run, known := l.bench.Record.Run(), l.bench.Record.Experiments()
	if !run.Rule.Racing || c.start.Number == 0 {
		return race{}
	}
	trial, _ := known[c.start.Champion].Trial(seed)
	if misfit := trial.Misfit(); misfit != "" {
		if !l.unraced[c.start.Champion] {
			l.bench.Observer.Say(fmt.Sprintf("  no race: %s %s on seed %d", bench.NameOf(c.start.Champion), misfit, seed))
			l.unraced[c.start.Champion] = true
		}
		return race{}
	}
	return race{trial.Points, journal.RaceBand(withTrialsOn(known, journal.PairedSeeds(run, known[c.start.Number].Looks)))}
}

// withTrialsOn are the experiments as they were when those under way had been measured
// on the given seeds alone.
func withTrialsOn(known []journal.Experiment, seeds []uint64) []journal.Experiment {
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

// ruling is what a look at a candidate came to: nothing yet, or what it is to be judged.
type ruling struct {
	judged  journal.Judged
	isClear bool // the rule has seen enough
}

// rulingOf is what a look came to before an interruption.
func rulingOf(e journal.Experiment) ruling {
	if e.Waiting == nil {
		return ruling{}
	}
	return ruling{*e.Waiting, true}
}

// look decides on what was measured on the seeds so far. Where that isn't clear,
// the next look has a further seed.
func (l *Loop) look(c candidate) (ruling, error) {
	run, known := l.bench.Record.Run(), l.bench.Record.Experiments()
	e := known[c.start.Number]
	k := e.Looks + 1
	seeds := journal.PairedSeeds(run, k)
	trial, _ := e.Trial(journal.PairedSeed(run, k))
	switch {
	case e.Number == 0:
		return ruling{journal.Decided(journal.StatusKeep, "the baseline"), true}, nil
	case trial.StoppedAt > 0:
		return ruling{stopped(trial, known[c.start.Champion], seeds), true}, nil
	case !run.Rule.Sequential():
		champion := verdict.Outcome{Seeds: e.Seeds, EvalPPL: e.ParentEvalPPL}
		return ruling{journal.OfBrief(verdict.Decide(champion, verdict.Outcome{Seeds: seeds, EvalPPL: trial.EvalPPL})), true}, nil
	}
	comparison := c.comparison(run, known, k)
	look := run.Rule.Look(comparison)
	if look.Action != verdict.ActionMore {
		judged, err := journal.OfLook(look, seeds)
		return ruling{judged, true}, err
	}
	comparison.Clear, comparison.Equal = look.Clear, look.Equal
	whose := "the candidate"
	if run.Rule.NeedsChampion(comparison) {
		whose = "champion and candidate"
	}
	l.bench.Observer.Say(fmt.Sprintf("  %s%s; a further seed for %s", c.start.Label, look.Reason, whose))
	return ruling{}, l.bench.Record.Append(e.Number, journal.Looked{
		Seeds: k, Reason: look.Reason, Clear: look.Clear, Equal: look.Equal,
	})
}

// stopped is the verdict on a candidate that lost the race.
func stopped(trial journal.Trial, champion journal.Experiment, seeds []uint64) journal.Judged {
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
