package journal

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ternlab/ternlab/results/table"
)

// Data is what a record says: one of this package's types, each of a kind of its own.
type Data interface{ kind() Kind }

// KindOf names the record of the data in the journal.
func KindOf(data Data) Kind { return data.kind() }

// ofRun is data that changes the run, or starts an experiment.
type ofRun interface {
	applyToRun(f *fold, record Record) error
}

// ofExperiment is data that says more of an experiment; the time is the record's.
type ofExperiment interface {
	apply(e *Experiment, at time.Time) error
}

func (Run) kind() Kind       { return KindRun }
func (Reference) kind() Kind { return KindReference }
func (Unseen) kind() Kind    { return KindUnseen }
func (Intent) kind() Kind    { return KindIntent }
func (Spent) kind() Kind     { return KindSpent }
func (Answer) kind() Kind    { return KindAnswer }
func (Proposal) kind() Kind  { return KindProposal }
func (Built) kind() Kind     { return KindBuilt }
func (Trained) kind() Kind   { return KindTrained }
func (Evaluated) kind() Kind { return KindEvaluated }
func (Looked) kind() Kind    { return KindLooked }
func (Judged) kind() Kind    { return KindVerdict }
func (Committed) kind() Kind { return KindCommitted }
func (Repeated) kind() Kind  { return KindRepeated }
func (Withdrawn) kind() Kind { return KindWithdrawn }
func (Ablated) kind() Kind   { return KindAblated }
func (Revealed) kind() Kind  { return KindRevealed }

// blanks are data of each kind, with what a field is that a record lacks.
func blanks() []Data {
	none := table.Missing()
	return []Data{
		&Run{}, &Unseen{}, &Answer{}, &Proposal{}, &Looked{}, &Committed{}, &Withdrawn{}, &Revealed{},
		&Reference{EvalPPL: none, EvalBPB: none, TimeS: none},
		&Intent{ParentEvalPPL: none},
		&Spent{USD: none},
		&Built{TimeS: none},
		&Trained{TimeS: none, MemoryGB: none},
		&Evaluated{EvalPPL: none, EvalBPB: none, TimeS: none},
		&Judged{Change: none, Low: none, High: none},
		&Repeated{EvalPPL: none, TimeS: none},
		&Ablated{EvalPPL: none, TimeS: none},
	}
}

// decode reads the record's data.
func (r Record) decode() (Data, error) {
	for _, data := range blanks() {
		if data.kind() != r.Kind {
			continue
		}
		if err := json.Unmarshal(r.Data, data); err != nil {
			return nil, fmt.Errorf("parse data: %w", err)
		}
		return data, nil
	}
	return nil, fmt.Errorf("kind %q is unknown", r.Kind)
}
