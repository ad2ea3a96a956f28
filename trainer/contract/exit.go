package contract

import "errors"

// Exit codes of trainer and evaluator; 0 is done.
const (
	ExitFailed      = 1
	ExitUsage       = 2 // The command line is wrong.
	ExitDiverged    = 3 // The training diverged: [ErrDiverged].
	ExitInterrupted = 130
)

// ErrDiverged says that a training's loss or gradients are no numbers any more, or
// far too large.
var ErrDiverged = errors.New("training diverged")
