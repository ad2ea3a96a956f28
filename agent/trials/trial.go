package trials

import (
	"context"
	"slices"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/observe"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/trainer/progress"
)

// Try gives a trial its share of what the run holds equal, and makes it. Before the
// export is measured, onTrained gets the training's record.
func (t Trials) Try(ctx context.Context, program lab.Program, spec lab.Spec, seed uint64, of Allotted, onTrained func(journal.Trained) error) (lab.Trial, error) {
	tokens, stepS, err := t.allot(ctx, program, spec, of)
	spec.Tokens = tokens
	spec.OnTrained = func(trained lab.Training, fault *lab.FaultError) error {
		record := t.trainedRecord(trained, fault)
		record.Seed, record.Stream, record.StepS = seed, spec.Seed-seed, stepS
		if ways := spec.Share.Ways(); ways > 1 {
			record.Abreast = ways
		}
		return onTrained(record)
	}
	if fault := lab.AsFault(err); fault != nil {
		if told := spec.OnTrained(lab.Training{TimeS: table.Missing()}, fault); told != nil {
			return lab.Trial{}, told
		}
	}
	if err != nil {
		return lab.Trial{}, err
	}
	return t.bench.Lab.Trial(ctx, program, spec)
}

// Spec is the trial of an experiment's recipe, which has these files, on a seed.
func (t Trials) Spec(number int, seed uint64, files map[string]string, share lab.Share) lab.Spec {
	baseline := t.baselineEvaluation()
	spec := lab.Spec{
		Folder: t.bench.Folder.Trial(number, seed, journal.PairedSeed(t.bench.Record.Run(), 1)),
		Seed:   seed + t.Stream(number), Biases: hasBiases(files), Share: share,
		Training: lab.Limits{Time: t.bench.Settings.TimeoutAfter(t.baselineTime(), share.Ways()), Silence: t.bench.Settings.StallTimeout},
		Evaluation: lab.Limits{
			Time: t.bench.Settings.TimeoutAfter(t.baselineTime(), share.Ways()), MemoryBytes: evaluationMemory(baseline.EvaluationGB),
		},
		MustCount: t.bench.Record.Run().HeldEqual() != journal.EqualSteps,
	}
	if took := baseline.EvaluationS; took > 0 {
		spec.Evaluation.Time = t.bench.Settings.TimeoutAfter(took, share.Ways())
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
func (t Trials) baselineEvaluation() journal.Trial {
	if !journal.HasBaseline(t.bench.Record.Experiments()) {
		return journal.Trial{}
	}
	trial, _ := t.bench.Record.Experiments()[0].Trial(journal.PairedSeed(t.bench.Record.Run(), 1))
	return trial
}

// baselineTime is how long the baseline took; missing while it is measured.
func (t Trials) baselineTime() table.Measure {
	if journal.HasBaseline(t.bench.Record.Experiments()) {
		return t.bench.Record.Experiments()[0].TimeS
	}
	return table.Missing()
}

// trainedRecord is a training as the journal has it.
func (t Trials) trainedRecord(trained lab.Training, fault *lab.FaultError) journal.Trained {
	record := journal.Trained{
		StoppedAt: trained.StoppedAt, Points: t.Placed(trained.Points, trained.Steps),
		Steps: trained.Steps, Done: trained.Done, Tokens: trained.Tokens, FLOPs: trained.FLOPs,
		TimeS: trained.TimeS, MemoryGB: gigabytes(trained.MemoryBytes),
	}
	if fault != nil {
		record.Failure = &journal.Failure{Class: journal.FailureClass(fault.Class), Message: line.Cut(fault.Error(), bench.LongestProblem)}
	}
	return record
}

// gigabytes is what the journal has for bytes; 0 is not known.
func gigabytes(bytes uint64) table.Measure {
	if bytes == 0 {
		return table.Missing()
	}
	return table.Measure(float64(bytes) / 1e9)
}

// Evaluated is an evaluation as the journal has it.
func (t Trials) Evaluated(seed uint64, e lab.Evaluation) journal.Evaluated {
	record := journal.Evaluated{
		Seed: seed, Text: e.Text, EvalPPL: table.Measure(e.EvalPPL), EvalBPB: table.Measure(e.EvalBPB), Tokens: e.Tokens, Bytes: e.Bytes, Windows: e.Windows,
		Context: e.Context, Ternary: e.Ternary, Bits: e.Bits, TimeS: e.TimeS, MemoryGB: gigabytes(e.MemoryBytes),
	}
	if journal.IsFresh(t.bench.Record.Run(), seed) {
		record.Blocks = e.Blocks // for final checks alone
	}
	return record
}

// Placed gives points the steps that they stand for, where the training has not as
// many steps as the run says.
func (t Trials) Placed(points []table.Point, steps int) []table.Point {
	points = slices.Clone(points)
	for i, point := range points {
		points[i] = t.bench.Record.Run().Placed(point, steps)
	}
	return points
}

// hasBiases tells whether a recipe's exports have biases: those that Tequila makes of
// dead weights. What the recipe says is read here; nothing is believed that its
// program says. One that can't be read has none.
func hasBiases(files map[string]string) bool {
	all, err := knobs.Parse(files[knobs.File])
	return err == nil && slices.ContainsFunc(all, func(knob knobs.Knob) bool {
		return knob.Name == "DeadZoneRecovery" && knob.Value == "tequila"
	})
}

// Stream is what is added to the seeds of an experiment's trainings: nothing,
// but in a run that compares like with like for every other experiment.
func (t Trials) Stream(number int) uint64 {
	if !t.bench.Record.Run().AA || number%2 == 0 {
		return 0
	}
	const farFromSeeds = 1 << 32
	return uint64(number) * farFromSeeds
}

// Training tells the observers that a training of an experiment's recipe begins.
func (t Trials) Training(number int, seed uint64, label string) progress.Reporter {
	return t.bench.Observer.Training(observe.Training{Experiment: number, Seed: seed, Steps: t.bench.Record.Run().Steps, Label: label})
}
