package record

import (
	"slices"

	"github.com/ternlab/ternlab/results/journal"
)

// redacted is a record without secrets in what others have written: a model, a
// compiler, a candidate's program. Settings, figures and hashes are the agent's own
// and stay as they are. The diff was made of edits that have been through here.
func (r *Record) redacted(data journal.Data) journal.Data {
	clean := r.hidden.Clean
	switch record := data.(type) {
	case journal.Answer:
		return r.CleanAnswer(record)
	case journal.Proposal:
		record.Hypothesis, record.Description = clean(record.Hypothesis), clean(record.Description)
		return record
	case journal.Trained:
		record.Failure = r.redactedFailure(record.Failure)
		return record
	case journal.Looked:
		record.Reason = clean(record.Reason)
		if record.Judged != nil {
			judged := r.redactedVerdict(*record.Judged)
			record.Judged = &judged
		}
		return record
	case journal.Judged:
		return r.redactedVerdict(record)
	case journal.Ablated:
		record.Problem = clean(record.Problem)
		return record
	}
	return data
}

// CleanAnswer masks secrets in an answer. It goes on to be the candidate's change, so that an agent which takes
// an interrupted experiment up from the journal has the same one.
func (r *Record) CleanAnswer(a journal.Answer) journal.Answer {
	clean := r.hidden.Clean
	a.Hypothesis, a.Description, a.Reply, a.Problem = clean(a.Hypothesis), clean(a.Description), clean(a.Reply), clean(a.Problem)
	a.Edits = slices.Clone(a.Edits)
	for i := range a.Edits {
		a.Edits[i].Search, a.Edits[i].Replace = clean(a.Edits[i].Search), clean(a.Edits[i].Replace)
	}
	return a
}

func (r *Record) redactedVerdict(judged journal.Judged) journal.Judged {
	judged.Reason, judged.Failure = r.hidden.Clean(judged.Reason), r.redactedFailure(judged.Failure)
	return judged
}

func (r *Record) redactedFailure(failure *journal.Failure) *journal.Failure {
	if failure == nil {
		return nil
	}
	cleaned := *failure
	cleaned.Message = r.hidden.Clean(failure.Message)
	return &cleaned
}
