package journal

import (
	"encoding/json"
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
	switch record.Kind {
	case KindRun:
		return f.begin(record)
	case KindReference:
		return f.refer(record)
	case KindUnseen:
		return f.fixText(record)
	case KindRevealed:
		return f.reveal(record)
	case KindIntent:
		return f.intend(record)
	default:
		return f.advance(record)
	}
}

func (f *fold) begin(record Record) error {
	run, err := decode(record, Run{})
	if err != nil {
		return err
	}
	run.Started = record.Time
	if run.Rule.Name == "" {
		run.Rule = verdict.Rule{Name: verdict.RuleBrief, MaxSeeds: 1}
	}
	f.run, f.begun = run, true
	return nil
}

// intend starts the next experiment, or one without a verdict over again.
func (f *fold) intend(record Record) error {
	intent, err := decode(record, Intent{ParentEvalPPL: table.Missing()})
	if err != nil {
		return err
	}
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
		ParentCommit: intent.ParentCommit, ParentEvalPPL: intent.ParentEvalPPL,
		Seeds: append([]uint64{}, intent.Seeds...), Batch: intent.Batch, Again: intent.Again,
	}
	return nil
}

// advance takes in a record of an experiment that was started.
func (f *fold) advance(record Record) error {
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
	if err := experiment.take(record); err != nil {
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

// take copies what the record says into the experiment.
func (e *Experiment) take(record Record) error {
	switch record.Kind {
	case KindSpent:
		data, err := decode(record, Spent{USD: table.Missing()})
		e.TokensIn, e.TokensOut, e.USD = e.TokensIn+data.TokensIn, e.TokensOut+data.TokensOut, addMoney(e.USD, data.USD)
		e.Tokens += data.TokensIn + data.TokensOut
		return err
	case KindProposal:
		data, err := decode(record, Proposal{})
		e.Hypothesis, e.Description, e.Proposer = data.Hypothesis, data.Description, data.Proposer
		e.Diff, e.Recipe, e.Attempts, e.Tokens = data.Diff, data.Recipe, data.Attempts, e.Tokens+data.Tokens
		return err
	case KindAnswer:
		data, err := decode(record, Answer{})
		e.Answers = append(slices.Clip(e.Answers), data)
		return err
	case KindBuilt:
		data, err := decode(record, Built{TimeS: table.Missing()})
		e.Trainer = data.SHA256
		return err
	case KindTrained:
		data, err := decode(record, Trained{TimeS: table.Missing(), MemoryGB: table.Missing()})
		e.train(data)
		return err
	case KindEvaluated:
		data, err := decode(record, Evaluated{EvalPPL: table.Missing(), EvalBPB: table.Missing(), TimeS: table.Missing()})
		if err == nil {
			err = e.evaluate(data)
		}
		return err
	case KindAblated:
		data, err := decode(record, Ablated{EvalPPL: table.Missing(), TimeS: table.Missing()})
		e.Ablations = append(slices.Clip(e.Ablations), data)
		return err
	case KindLooked:
		data, err := decode(record, Looked{})
		e.Looks, e.Waiting = data.Seeds, data.Judged
		e.Clear, e.Equal = data.Clear, data.Equal
		return err
	case KindVerdict:
		e.Decided = record.Time
		e.Answers, e.Trainer, e.Looks, e.Waiting, e.Clear, e.Equal = nil, "", 0, nil, false, false
		data, err := decode(record, Judged{Change: table.Missing(), Low: table.Missing(), High: table.Missing()})
		e.Status, e.Reason, e.Failure, e.TryAgain = data.Status, data.Reason, data.Failure, data.Again
		e.Change, e.Low, e.High, e.Worst = data.Change, data.Low, data.High, data.Worst
		if data.Seeds != nil {
			e.Seeds = data.Seeds
		}
		if err == nil {
			err = data.check(e.EvalPPL)
		}
		return err
	case KindCommitted:
		data, err := decode(record, Committed{})
		e.commit(data)
		return err
	default:
		return e.takeLater(record)
	}
}

// check refuses a verdict that says two things at once.
func (j Judged) check(evalPPL table.Measure) error {
	switch {
	case !slices.Contains([]Status{StatusKeep, StatusSimplify, StatusDiscard, StatusCrash}, j.Status):
		return fmt.Errorf("status %q is not a verdict", j.Status)
	case (j.Failure != nil) != (j.Status == StatusCrash):
		return fmt.Errorf("status %s with failure %v", j.Status, j.Failure)
	case j.Status.Kept() && !evalPPL.Valid():
		return fmt.Errorf("status %s without an eval_ppl", j.Status)
	}
	return nil
}

// decode reads the record's data over the given value, which says what a field
// is that the record lacks.
func decode[T any](record Record, data T) (T, error) {
	if err := json.Unmarshal(record.Data, &data); err != nil {
		return data, fmt.Errorf("parse data: %w", err)
	}
	return data, nil
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

// kindOf returns the kind whose data has this type, or "" for any other type.
func kindOf(data any) Kind {
	switch data.(type) {
	case Run:
		return KindRun
	case Intent:
		return KindIntent
	case Spent:
		return KindSpent
	case Proposal:
		return KindProposal
	case Answer:
		return KindAnswer
	case Looked:
		return KindLooked
	case Built:
		return KindBuilt
	case Trained:
		return KindTrained
	case Evaluated:
		return KindEvaluated
	case Judged:
		return KindVerdict
	case Committed:
		return KindCommitted
	case Ablated:
		return KindAblated
	case Reference:
		return KindReference
	case Repeated:
		return KindRepeated
	case Withdrawn:
		return KindWithdrawn
	case Unseen:
		return KindUnseen
	case Revealed:
		return KindRevealed
	}
	return ""
}
