package loop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/knobs"
)

// trial trains the candidate on the seed at hand and measures its export, as far as
// that wasn't done before an interruption.
func (l *Loop) trial(ctx context.Context, c *candidate) error {
	before, trained := l.record.Experiments()[c.number].Trial(c.seed)
	switch {
	case !trained:
		return l.trialNow(ctx, c)
	case before.Failure != nil:
		return &crash{before.Failure.Class, errors.New(before.Failure.Message)}
	case before.StoppedAt > 0 || before.EvalPPL.Valid():
		return nil // there is no export, or nothing to do
	}
	held := l.hold(fmt.Sprintf("the evaluation of experiment %d", c.number))
	_, err := l.lab.Measure(ctx, l.specOf(c))
	held()
	if lab.AsFault(err) == nil {
		return err
	} // the export has suffered since, or is gone: nobody knows whose fault it is
	return l.trialNow(ctx, c)
}

// trialNow trains the candidate on the seed at hand and measures its export.
func (l *Loop) trialNow(ctx context.Context, c *candidate) error {
	if err := l.mayBegin(ctx); err != nil {
		return err
	}
	held := l.hold(fmt.Sprintf("the training of experiment %d on seed %d", c.number, c.seed))
	defer func() { held() }()
	if c.seed != journal.PairedSeed(l.record.Run(), 1) {
		l.screen.Say(fmt.Sprintf("  %sthe candidate on seed %d", c.label, c.seed))
	}
	_, err := l.try(ctx, c.program, l.specOf(c), c.seed, l.allottedTo(c.number), func(trained journal.Trained) error {
		held()
		held = l.hold(fmt.Sprintf("the evaluation of experiment %d", c.number))
		return l.record.Append(c.number, trained)
	})
	return err
}

// try gives a trial its share of what the run holds equal, and makes it. Before the
// export is measured, onTrained gets the training's record.
func (l *Loop) try(ctx context.Context, program lab.Program, spec lab.Spec, seed uint64, of allotted, onTrained func(journal.Trained) error) (lab.Trial, error) {
	tokens, stepS, err := l.allot(ctx, program, spec, of)
	spec.Tokens = tokens
	spec.OnTrained = func(trained lab.Training, fault *lab.FaultError) error {
		record := l.trainedRecord(trained, fault)
		record.Seed, record.Stream, record.StepS = seed, spec.Seed-seed, stepS
		if ways := spec.Share.Ways(); ways > 1 {
			record.Abreast = ways
		}
		return onTrained(record)
	}
	if fault := lab.AsFault(err); fault != nil {
		return lab.Trial{}, errors.Join(spec.OnTrained(lab.Training{TimeS: table.Missing(), MemoryGB: table.Missing()}, fault), err)
	}
	if err != nil {
		return lab.Trial{}, err
	}
	return l.lab.Trial(ctx, program, spec)
}

// specOf is the trial of a candidate on the seed at hand.
func (l *Loop) specOf(c *candidate) lab.Spec {
	spec := l.spec(c.number, c.seed, c.source(), c.share)
	spec.Label, spec.Title = c.label, c.title
	spec.Reporter = l.screen.Training(l.record.Run().Steps, c.label)
	spec.Texts = []lab.Text{{}}
	if c.rival != nil {
		spec.Hopeless = func(curve []table.Point, steps int) bool { return c.band.Hopeless(c.rival, l.placed(curve, steps)) }
	}
	spec.OnEvaluated = func(evaluated lab.Evaluation) error {
		record := l.evaluatedRecord(c.seed, evaluated)
		if err := tooGood(l.record.Run(), record, spec.Export()); err != nil {
			return err // no figure that anything is compared with
		}
		if !c.evaluated.EvalPPL.Valid() {
			c.evaluated = record
		}
		return l.record.Append(c.number, record)
	}
	return spec
}

// spec is the trial of an experiment's recipe, which has these files, on a seed.
func (l *Loop) spec(number int, seed uint64, files map[string]string, share lab.Share) lab.Spec {
	baseline := l.baselineEvaluation()
	spec := lab.Spec{
		Folder: l.folder.Trial(number, seed, journal.PairedSeed(l.record.Run(), 1)),
		Seed:   seed + l.streamOf(number), Biases: hasBiases(files), Share: share,
		Training: lab.Limits{Time: l.settings.timeoutAfter(l.baselineTime(), share.Ways()), Silence: l.settings.StallTimeout},
		Evaluation: lab.Limits{
			Time: l.settings.timeoutAfter(l.baselineTime(), share.Ways()), MemoryBytes: evaluationMemory(baseline.EvaluationGB),
		},
		MustCount: l.record.Run().HeldEqual() != journal.EqualSteps,
	}
	if took := baseline.EvaluationS; took > 0 {
		spec.Evaluation.Time = l.settings.timeoutAfter(took, share.Ways())
	}
	return spec
}

// evaluationMemory is the most that an evaluation may take, in bytes, where the
// baseline's took so much, in 10^9 bytes: all models of a run are of the same
// architecture, so what one takes is what each takes. Without the baseline's there is
// no limit of its own.
func evaluationMemory(baseline table.Measure) uint64 {
	const times, least = 3, 2 << 30
	if !(baseline > 0) {
		return 0
	}
	return max(least, uint64(times*float64(baseline)*1e9))
}

// baselineEvaluation is the baseline's first training, with what measuring it took;
// zero before that.
func (l *Loop) baselineEvaluation() journal.Trial {
	if !HasBaseline(l.record.Experiments()) {
		return journal.Trial{}
	}
	trial, _ := l.record.Experiments()[0].Trial(journal.PairedSeed(l.record.Run(), 1))
	return trial
}

// baselineTime is how long the baseline took; missing while it is measured.
func (l *Loop) baselineTime() table.Measure {
	if HasBaseline(l.record.Experiments()) {
		return l.record.Experiments()[0].TimeS
	}
	return table.Missing()
}

// trainedRecord is a training as the journal has it.
func (l *Loop) trainedRecord(trained lab.Training, fault *lab.FaultError) journal.Trained {
	record := journal.Trained{
		StoppedAt: trained.StoppedAt, Points: l.placed(trained.Points, trained.Steps),
		Steps: trained.Steps, Done: trained.Done, Tokens: trained.Tokens, FLOPs: trained.FLOPs,
		TimeS: trained.TimeS, MemoryGB: trained.MemoryGB,
	}
	if fault != nil {
		record.Failure = &journal.Failure{Class: journal.FailureClass(fault.Class), Message: line.Cut(fault.Error(), longestProblem)}
	}
	return record
}

// evaluatedRecord is an evaluation as the journal has it.
func (l *Loop) evaluatedRecord(seed uint64, e lab.Evaluation) journal.Evaluated {
	record := journal.Evaluated{
		Seed: seed, Text: e.Text, EvalPPL: e.EvalPPL, EvalBPB: e.EvalBPB, Tokens: e.Tokens, Bytes: e.Bytes, Windows: e.Windows,
		Context: e.Context, Ternary: e.Ternary, Bits: e.Bits, TimeS: e.TimeS, MemoryGB: e.MemoryGB,
	}
	if journal.IsFresh(l.record.Run(), seed) {
		record.Blocks = e.Blocks // for final checks alone
	}
	return record
}

// placed gives points the steps that they stand for, where the training has not as
// many steps as the run says.
func (l *Loop) placed(points []table.Point, steps int) []table.Point {
	points = slices.Clone(points)
	for i, point := range points {
		points[i] = l.record.Run().Placed(point, steps)
	}
	return points
}

// hasBiases tells whether a recipe's exports have biases: those that Tequila makes of
// dead weights. What the recipe says is read here; nothing is believed that its
// program says. One that can't be read has none.
func hasBiases(files map[string]string) bool {
	all, err := knobs.Parse(files[proposer.RecipeFile])
	return err == nil && slices.ContainsFunc(all, func(knob knobs.Knob) bool {
		return knob.Name == "DeadZoneRecovery" && knob.Value == "tequila"
	})
}

func seconds(d time.Duration) table.Measure { return table.Measure(d.Seconds()) }

// announce says what will be trained.
func (l *Loop) announce(_ context.Context, c *candidate) error {
	l.screen.Say(c.title + " · " + line.Cut(line.Clean(c.proposal.Description), 2*longestSubject))
	return nil
}
