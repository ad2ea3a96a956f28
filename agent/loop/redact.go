package loop

import (
	"slices"

	"github.com/ternlab/ternlab/results/journal"
)

// redacted is a record without secrets in what others have written: a model, a
// compiler, a candidate's program. Settings, figures and hashes are the loop's own
// and stay as they are. The diff was made of edits that have been through here.
func (l *Loop) redacted(data journal.Data) journal.Data {
	clean := l.hidden.Clean
	switch record := data.(type) {
	case journal.Answer:
		return l.redactedAnswer(record)
	case journal.Proposal:
		record.Hypothesis, record.Description = clean(record.Hypothesis), clean(record.Description)
		return record
	case journal.Trained:
		record.Failure = l.redactedFailure(record.Failure)
		return record
	case journal.Looked:
		record.Reason = clean(record.Reason)
		if record.Judged != nil {
			judged := l.redactedVerdict(*record.Judged)
			record.Judged = &judged
		}
		return record
	case journal.Judged:
		return l.redactedVerdict(record)
	case journal.Ablated:
		record.Problem = clean(record.Problem)
		return record
	}
	return data
}

// redactedAnswer goes on to be the candidate's change, so that an agent which takes
// an interrupted experiment up from the journal has the same one.
func (l *Loop) redactedAnswer(a journal.Answer) journal.Answer {
	clean := l.hidden.Clean
	a.Hypothesis, a.Description, a.Reply, a.Problem = clean(a.Hypothesis), clean(a.Description), clean(a.Reply), clean(a.Problem)
	a.Edits = slices.Clone(a.Edits)
	for i := range a.Edits {
		a.Edits[i].Search, a.Edits[i].Replace = clean(a.Edits[i].Search), clean(a.Edits[i].Replace)
	}
	return a
}

func (l *Loop) redactedVerdict(judged journal.Judged) journal.Judged {
	judged.Reason, judged.Failure = l.hidden.Clean(judged.Reason), l.redactedFailure(judged.Failure)
	return judged
}

func (l *Loop) redactedFailure(failure *journal.Failure) *journal.Failure {
	if failure == nil {
		return nil
	}
	cleaned := *failure
	cleaned.Message = l.hidden.Clean(failure.Message)
	return &cleaned
}
