package proposer

import (
	"context"
	"errors"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/workspace/edit"
)

// Names of the proposers, as --proposer takes them.
const (
	Auto   = "auto"   // LLM where a key or an address is given, else TPE.
	LLM    = "llm"    // A language model behind an OpenAI-compatible endpoint.
	GP     = "gp"     // A Gaussian process over whole recipes, several knobs at once.
	TPE    = "tpe"    // A tree-structured Parzen estimator over the knobs.
	Random = "random" // One knob at a time, drawn evenly.
)

// RecipeFile is the file that holds the knobs, as a key of Context.Files.
const RecipeFile = knobs.File

var (
	// ErrExhausted says that every recipe within one change of the champion has
	// been tried: the run has nothing left to do and may end in order.
	ErrExhausted = errors.New("every recipe one change away was tried")

	// ErrSetup says that no request can succeed until the user changes something:
	// a wrong key, model or address. The run should stop at once; the message
	// says what to change.
	ErrSetup = errors.New("the proposer cannot work as it is set up")
)

// Proposer proposes one change to the champion.
//
// Propose returns ErrExhausted or ErrSetup (tested with errors.Is) where asking
// again is of no use, a *ReplyError where the answer holds no usable change, and
// the context's error when it ends.
type Proposer interface {
	// Name is the proposer's name in records: "random", "tpe" or "llm MODEL".
	Name() string
	Propose(ctx context.Context, c Context) (Proposal, error)
}

// Context is what a proposer knows.
type Context struct {
	Program     string               // The human's brief, program.md.
	Files       map[string]string    // The champion's mutable files by path: "trainer/recipe.go".
	Experiments []journal.Experiment // Everything tried so far in order, the baseline first.
	Steps       int                  // Training steps of one experiment.
	Feedback    []Attempt            // This experiment's refused tries, oldest first.
	Seed        uint64               // The run's seed.

	// Spend is told what requests cost; nil: nobody is. It is called before each
	// request with the most that the request can cost, and after it with the
	// difference, mostly negative. Its error keeps the request from being sent, and
	// is what Propose returns.
	Spend  func(journal.Spent) error
	Number int // The number of the experiment to propose.

	// Refused asks which recipes one knob away from the champion would be refused
	// before they are trained, as Name=value; nil: nobody knows. The offline proposers
	// try others first. The answer must not come from a candidate's program.
	Refused func(ctx context.Context) ([]string, error)
}

// Attempt is a try that was refused: by its reader, by the guard, by the build.
type Attempt struct {
	Reply   string // What was proposed: Proposal.Reply or ReplyError.Reply.
	Problem string // Why it was refused, with the nearest text where an edit did not apply.
}

// Proposal is one change to try.
type Proposal struct {
	Hypothesis  string      // Why it should help, in one or two sentences.
	Description string      // What changes, in a few words: "learning rate 2e-05 → 0.0004".
	Edits       []edit.Edit // The change itself.
	Reply       string      // A model's own words, for Attempt.Reply; empty for the offline proposers.
	Proposer    string      // Who proposed it, where that isn't whom Name names; mostly empty.
}

// ReplyError says that a model's answer holds no usable change. Asking again
// with the problem as feedback may help.
type ReplyError struct {
	Reply string // What the model answered, possibly nothing.
	Err   error  // What is wrong with it.
}

// Error returns the problem without the reply.
func (e *ReplyError) Error() string { return e.Err.Error() }

// Unwrap returns the problem.
func (e *ReplyError) Unwrap() error { return e.Err }
