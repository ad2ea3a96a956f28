package loop

import (
	"errors"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/results/journal"
)

// crash is an error that is the candidate's own fault. It ends the experiment,
// not the run.
type crash struct {
	class journal.FailureClass
	err   error
}

func (e *crash) Error() string { return e.err.Error() }

func (e *crash) Unwrap() error { return e.err }

// asCrash returns the crash in an error, or nil. What is the recipe's fault is the
// candidate's.
func asCrash(err error) *crash {
	var c *crash
	if errors.As(err, &c) {
		return c
	}
	if fault := lab.AsFault(err); fault != nil {
		return &crash{journal.FailureClass(fault.Class), fault.Err}
	}
	return nil
}
