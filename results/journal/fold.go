package journal

import (
	"fmt"
	"math"
	"slices"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// Fold turns records into the run's settings and its experiments, in their
// order. An experiment without a verdict is StatusRunning. No records fold to a
// zero Run; records that contradict each other are an error that names the
// first which does.
func Fold(records []Record) (Run, []Experiment, error) {
	var state fold
	for _, record := range records {
		if err := state.add(record); err != nil {
			return Run{}, nil, err
		}
	}
	return state.run, state.experiments, nil
}

// fold is the state after some records.
type fold struct {
	begun       bool
	run         Run
	experiments []Experiment
}

// add takes one record in. After an error the state is what it was.
func (f *fold) add(record Record) error {
	if err := f.apply(record); err != nil {
		return fmt.Errorf("record %d, %s of experiment %d: %w", record.Seq, record.Kind, record.Experiment, err)
	}
	return nil
}

func (f *fold) apply(record Record) error {
	if f.begun == (record.Kind == KindRun) {
		return fmt.Errorf("a journal has one %s record, its first", KindRun)
	}
	data, err := record.decode()
	if err != nil {
		return err
	}
	switch data := data.(type) {
	case ofRun:
		return data.applyToRun(f, record)
	case ofExperiment:
		return f.advance(record, data)
	}
	return fmt.Errorf("kind %q is of neither a run nor an experiment", record.Kind)
}

func (r Run) applyToRun(f *fold, record Record) error {
	r.Started = record.Time
	if r.Rule.Name == "" {
		r.Rule = verdict.Rule{Name: verdict.RuleBrief, MaxSeeds: 1}
	}
	f.run, f.begun = r, true
	return nil
}

// applyToRun starts the next experiment, or one without a verdict over again.
func (i Intent) applyToRun(f *fold, record Record) error {
	number := record.Experiment
	switch {
	case number < 0 || number > len(f.experiments):
		return fmt.Errorf("the next experiment is %d", len(f.experiments))
	case number == len(f.experiments):
		f.experiments = append(f.experiments, Experiment{USD: table.Missing()})
	case f.experiments[number].Status != StatusRunning:
		return fmt.Errorf("it has its %s: %s", KindVerdict, f.experiments[number].Status)
	}
	before := f.experiments[number]
	f.experiments[number] = Experiment{
		Number: number, Status: StatusRunning, Stage: KindIntent,
		Tokens: before.Tokens, TokensIn: before.TokensIn, TokensOut: before.TokensOut, USD: before.USD, // spent is spent
		EvalPPL: table.Missing(), EvalBPB: table.Missing(), TimeS: table.Missing(), MemoryGB: table.Missing(), Compute: computeOf(Trained{TimeS: table.Missing()}),
		Change: table.Missing(), Low: table.Missing(), High: table.Missing(),
		ParentCommit: i.ParentCommit, ParentEvalPPL: i.ParentEvalPPL,
		Seeds: append([]uint64{}, i.Seeds...), Batch: i.Batch, Again: i.Again,
	}
	return nil
}

// advance takes in a record of an experiment that was started.
func (f *fold) advance(record Record, data ofExperiment) error {
	number := record.Experiment
	if number < 0 || number >= len(f.experiments) {
		return fmt.Errorf("it has no %s", KindIntent)
	}
	experiment := f.experiments[number]
	switch decided := experiment.Status != StatusRunning; {
	case decided && !experiment.allows(record.Kind):
		return fmt.Errorf("it has its %s: %s", KindVerdict, experiment.Status)
	case !decided && slices.Contains([]Kind{KindCommitted, KindAblated, KindRepeated, KindWithdrawn}, record.Kind):
		return fmt.Errorf("it has no %s", KindVerdict)
	}
	if err := data.apply(&experiment, record.Time); err != nil {
		return err
	}
	isStep := record.Kind != KindSpent && (experiment.Status == StatusRunning || !isRerun(record.Kind))
	if isStep {
		experiment.Stage = record.Kind
	}
	f.experiments[number] = experiment
	if record.Kind == KindWithdrawn {
		f.forgetRepeats()
	}
	return nil
}

// allows tells whether a record of that kind may follow the experiment's
// verdict: the commit, and reruns of what was kept.
func (e *Experiment) allows(kind Kind) bool {
	return kind == KindCommitted || ((isRerun(kind) || kind == KindWithdrawn) && e.Status.Kept() && e.Stage == KindCommitted)
}

// isRerun tells whether records of that kind may follow an experiment's end.
func isRerun(kind Kind) bool {
	return kind == KindTrained || kind == KindEvaluated || kind == KindAblated || kind == KindRepeated
}

// check refuses a verdict that says two things at once.
func (j Judged) check(evalPPL table.Measure) error {
	switch {
	case !slices.Contains([]Status{StatusKeep, StatusSimplify, StatusDiscard, StatusPromising, StatusCrash}, j.Status):
		return fmt.Errorf("status %q is not a verdict", j.Status)
	case (j.Failure != nil) != (j.Status == StatusCrash):
		return fmt.Errorf("status %s with failure %v", j.Status, j.Failure)
	case j.Status.Kept() && !evalPPL.Valid():
		return fmt.Errorf("status %s without an eval_ppl", j.Status)
	}
	return nil
}

// addMoney adds dollars, in whole billionths: so charges that cancel out leave
// nothing behind.
func addMoney(a, b table.Measure) table.Measure {
	const billionth = 1e9
	return table.Measure(math.Round(float64(sum(a, b))*billionth) / billionth)
}

// sum adds what was measured.
func sum(a, b table.Measure) table.Measure {
	switch {
	case !a.Valid():
		return b
	case !b.Valid():
		return a
	}
	return a + b
}
