package journal

import (
	"time"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
	"github.com/ternlab/ternlab/trainer/contract"
)

// Status is how an experiment ended.
type Status string

// The statuses. Keep, discard and crash are those of autoresearch.
const (
	StatusKeep      Status = table.StatusKept
	StatusDiscard   Status = "discard"
	StatusPromising Status = "promising" // Dropped: better by its interval, which isn't proof enough among so many tries.
	StatusCrash     Status = "crash"
	StatusWithdrawn Status = "withdrawn" // It was kept, and its figure wasn't the same when it was measured again.
	StatusSimplify  Status = "simplify"  // Kept for having less code and being no worse within noise.
	StatusRunning   Status = "running"   // No verdict yet: in progress, or interrupted.

	// StatusInterrupted is for whoever is shown a run that no agent works on; a journal folds to StatusRunning.
	StatusInterrupted Status = "interrupted"
)

// Kept tells whether the experiment became the champion.
func (s Status) Kept() bool { return s == StatusKeep || s == StatusSimplify }

// FailureClass says at which step, and how, an experiment crashed.
type FailureClass string

// The failure classes.
const (
	FailureNoApply         FailureClass = "no-apply"         // The edit does not fit the parent's files.
	FailureDuplicate       FailureClass = "duplicate"        // The recipe was tried before, or is being tried.
	FailureNoBuild         FailureClass = "no-build"         // The candidate does not compile.
	FailureGuard           FailureClass = "guard"            // The edit reaches beyond what may change.
	FailureTimeout         FailureClass = "timeout"          // The training took too long.
	FailureStalled         FailureClass = "stalled"          // The training made no progress.
	FailureLimit           FailureClass = "limit"            // The training took more memory or disk than it may.
	FailureDiverged        FailureClass = "diverged"         // The loss is NaN, infinite or exploded.
	FailureTrainFailed     FailureClass = "train-failed"     // The training failed in another way.
	FailureEvaluateRefused FailureClass = "evaluate-refused" // The evaluator does not accept the export.
	FailureTooGood         FailureClass = "too-good"         // The export's eval_ppl is lower than the full-precision model's.
	FailureProposerFailed  FailureClass = "proposer-failed"  // There was no proposal.
	FailureInterrupted     FailureClass = "interrupted"      // The agent was stopped in the middle.
)

// Failure is why an experiment crashed.
type Failure struct {
	Class   FailureClass `json:"class"`
	Message string       `json:"message"`
}

// Experiment is all that the journal says about one experiment. It is folded
// from records and never stored. Its JSON is an element of `agent log --json`;
// Diff and Points are left out there for their length.
type Experiment struct {
	Number        int            `json:"experiment"` // 0 is the baseline.
	Status        Status         `json:"status"`
	EvalPPL       table.Measure  `json:"eval_ppl"` // By the evaluator, on the first paired seed; missing unless it measured.
	EvalBPB       table.Measure  `json:"eval_bpb"`
	ParentEvalPPL table.Measure  `json:"parent_eval_ppl"`
	Commit        string         `json:"commit"` // Empty until committed.
	ParentCommit  string         `json:"parent_commit"`
	Ref           string         `json:"ref"`
	Description   string         `json:"description"`
	Hypothesis    string         `json:"hypothesis"`
	Proposer      string         `json:"proposer"`
	Attempts      int            `json:"attempts"`
	Tokens        int            `json:"tokens"` // LLM tokens spent on all its proposals, in and out, failed requests included.
	TokensIn      int            `json:"tokens_in"`
	TokensOut     int            `json:"tokens_out"`
	USD           table.Measure  `json:"usd"`    // What they cost; missing where nothing was spent or no price known.
	Seeds         []uint64       `json:"seeds"`  // On which it was compared.
	Change        table.Measure  `json:"change"` // Of eval_ppl against the champion, geometric mean over the seeds; -0.02 is 2 % lower.
	Low           table.Measure  `json:"low"`    // 95 % confidence interval of the change; missing after one seed.
	High          table.Measure  `json:"high"`
	Worst         *verdict.Worst `json:"worst,omitempty"` // The seed on which it does worst beside the champion.
	Bits          *contract.Bits `json:"bits,omitempty"`  // Of the export of the first seed; nil where they weren't counted.
	Compute                      // Of the training on the first seed, to which eval_ppl belongs.
	Trials        []Trial        `json:"trials"`          // Its trainings by seed, in their order; reruns for others' sake included.
	TimeS         table.Measure  `json:"time_s"`          // Seconds of training and evaluation until its verdict.
	MemoryGB      table.Measure  `json:"memory_gb"`       // Peak of the training, 10^9 bytes.
	Reason        string         `json:"reason"`          // The verdict's sentence.
	Failure       *Failure       `json:"failure"`         // Set exactly when Status is StatusCrash.
	Stage         Kind           `json:"stage"`           // Kind of its last record: where to resume.
	Again         int            `json:"again,omitempty"` // The experiment whose change it tries again, on another parent.
	TryAgain      bool           `json:"-"`               // Its change is to be tried again on the champion that was kept before it.
	Batch         int            `json:"-"`               // The first of the experiments tried at the same time.
	Recipe        string         `json:"-"`               // Fingerprint of what was tried.
	Diff          string         `json:"-"`
	Decided       time.Time      `json:"-"` // Time of the verdict's record.
	Points        []table.Point  `json:"-"` // Of the first seed.

	Ablations  []Ablated   `json:"-"` // Of the champion without this change.
	Repeats    []Repeated  `json:"-"` // Of its figures, measured again.
	Withdrawal *Withdrawal `json:"withdrawal,omitempty"`

	// What an interrupted experiment goes on with; empty once it has its verdict.
	Answers []Answer `json:"-"` // The proposer's, in their order.
	Trainer string   `json:"-"` // SHA-256 of the program that was built.
	Looks   int      `json:"-"` // Seeds of the last look that did not decide.
	Waiting *Judged  `json:"-"` // The verdict that waits for the rest of its batch.
	Clear   bool     `json:"-"` // A look found it better, unless a seed to come is bad.
	Equal   bool     `json:"-"` // A look found it to have less code and to be no worse, unless a seed to come is bad.
}

// Withdrawal is how an experiment that was kept was taken back.
type Withdrawal struct {
	Withdrawn
	Commit string    `json:"commit"` // That restores the champion before it; empty until it is made.
	Time   time.Time `json:"-"`      // Of its record, and of the commit.
}

// HasBaseline tells whether a run's baseline was measured.
func HasBaseline(experiments []Experiment) bool {
	return len(experiments) > 0 && experiments[0].Status == StatusKeep
}

// Best returns the champion: the last experiment that was kept. It is false
// when there is none.
func Best(experiments []Experiment) (Experiment, bool) {
	for i := len(experiments) - 1; i >= 0; i-- {
		if experiments[i].Status.Kept() {
			return experiments[i], true
		}
	}
	return Experiment{}, false
}
