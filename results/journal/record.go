package journal

import (
	"encoding/json"
	"time"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/workspace/edit"
)

// SchemaVersion is the version of the journal's format that this package
// writes, and the newest that it reads. Version 2 has several trainings per
// experiment, one per seed, some of them behind its verdict. Version 3 has the
// proposers' answers and the looks that did not decide, so that nothing is asked
// or decided twice. Version 4 has more fields, all of which may be absent; an
// older program would decide as if they were. It also has reference, unseen and
// revealed records.
const SchemaVersion = 4

// Kind names what a record of the journal says, and with it the type of its
// data.
type Kind string

// The kinds, in the order in which an experiment writes them. Trained and
// evaluated come once per seed; a kept experiment may be measured on further
// seeds behind its end.
const (
	KindRun       Kind = "run"       // Data: Run. Once, as the first record.
	KindReference Kind = "reference" // Data: Reference. The full-precision model was measured on a text. Of no experiment.
	KindUnseen    Kind = "unseen"    // Data: Unseen. The text of the next final check is fixed. Of no experiment.
	KindIntent    Kind = "intent"    // Data: Intent. An experiment begins.
	KindSpent     Kind = "spent"     // Data: Spent. A request to a language model cost something. Any number of times.
	KindAnswer    Kind = "answer"    // Data: Answer. What the proposer answered. Once per attempt.
	KindProposal  Kind = "proposal"  // Data: Proposal. The change is known and passed the guard.
	KindBuilt     Kind = "built"     // Data: Built. The candidate's trainer exists.
	KindTrained   Kind = "trained"   // Data: Trained. The training ended, well or not.
	KindEvaluated Kind = "evaluated" // Data: Evaluated. The evaluator measured the export.
	KindLooked    Kind = "looked"    // Data: Looked. The seeds so far, or others, do not let decide yet.
	KindVerdict   Kind = "verdict"   // Data: Judged. Kept, dropped or crashed: the experiment is decided.
	KindCommitted Kind = "committed" // Data: Committed. The decision is in git.
	KindRepeated  Kind = "repeated"  // Data: Repeated. A kept recipe was measured again on a seed that it was measured on.
	KindWithdrawn Kind = "withdrawn" // Data: Withdrawn. Its figure differed: it is kept no longer. A committed record follows.
	KindAblated   Kind = "ablated"   // Data: Ablated. The champion was measured without this kept change.
	KindRevealed  Kind = "revealed"  // Data: Revealed. A final check is done, and its text no secret any more. Of no experiment.
)

// Record is one line of the journal without its checksum.
type Record struct {
	Version    int             `json:"v"`
	Seq        int             `json:"seq"` // 1, 2, 3, …; the order of events, which no clock decides.
	Kind       Kind            `json:"kind"`
	Experiment int             `json:"experiment"`          // 0 is the baseline; 0 for KindRun, too.
	Time       time.Time       `json:"time"`                // UTC, for people.
	ElapsedS   float64         `json:"elapsed_s,omitempty"` // Seconds that agents have had the journal open, in all, by a clock that doesn't jump.
	Data       json.RawMessage `json:"data"`
}

// Run is what a run is: its settings, and what it began with.
type Run struct {
	Tag        string `json:"tag"`
	BaseCommit string `json:"base_commit"` // The user's HEAD at the start; evaluator and fixed files come from it.
	Protocol
	Proposer string `json:"proposer"`     // The proposer it was started with.
	AA       bool   `json:"aa,omitempty"` // Candidates are the champion again: what is kept is kept for its luck.
	// Contract is the version of what agent, trainer and evaluator agree on; 0 in runs
	// that were begun before there was one.
	Contract int `json:"contract,omitempty"`
	// BetterThanFull is BetterStops or BetterCounts. It is absent in older versions,
	// which did not measure the full-precision model.
	BetterThanFull string                   `json:"better_than_full,omitempty"`
	Versions       map[string]string        `json:"versions"` // Of the parts that decide the figures: "go", "gomlx", …
	Started        time.Time                `json:"-"`        // Time of the run's record, set by Fold.
	References     map[string]table.Measure `json:"-"`        // eval_ppl of the full-precision model by the text's name, set by Fold.
	Texts          []UnseenText             `json:"-"`        // Those of final checks, in the order in which they were fixed, set by Fold.
}

// Intent is what an experiment starts from, written before anything is done.
// An intent for an experiment that has no verdict yet starts it over.
type Intent struct {
	ParentCommit  string        `json:"parent_commit"`   // The champion's.
	ParentEvalPPL table.Measure `json:"parent_eval_ppl"` // Missing for the baseline.
	Seeds         []uint64      `json:"seeds"`           // Of the first look, chosen by the agent, the same as the champion's.
	Batch         int           `json:"batch,omitempty"` // Number of the first of the experiments that are tried at the same time from the same parent.
	Again         int           `json:"again,omitempty"` // The experiment whose change is tried again on this parent; 0 for none.
}

// Spent is what a request to a language model cost. The figures add up: one
// record, before the request, has the most that it can cost, and one after it the
// difference to what it did cost, which may be negative. So an agent that is
// killed in between has counted too much rather than too little.
type Spent struct {
	TokensIn  int           `json:"tokens_in"`
	TokensOut int           `json:"tokens_out"`
	USD       table.Measure `json:"usd"` // Missing where the model's price is not known.
}

// Answer is what a proposer answered, before anybody looked whether it is any
// good. An experiment that was interrupted goes on with it: a language model isn't
// asked, and paid, again.
type Answer struct {
	Attempt     int         `json:"attempt"` // 1, 2, 3, …
	Proposer    string      `json:"proposer"`
	Hypothesis  string      `json:"hypothesis"`
	Description string      `json:"description"`
	Edits       []edit.Edit `json:"edits"`
	Reply       string      `json:"reply,omitempty"`   // A model's own words, cut; empty for the offline proposers.
	Problem     string      `json:"problem,omitempty"` // Why no change can be read from the reply.
}

// Looked is a look at a candidate that asked for a further seed, or found that it
// is to be kept unless another of its batch is better.
type Looked struct {
	Seeds  int     `json:"seeds"` // How many it was measured on.
	Reason string  `json:"reason"`
	Judged *Judged `json:"judged,omitempty"` // The verdict that waits for the rest of the batch.

	Clear bool `json:"clear,omitempty"` // It is better, unless a seed to come is bad.
	Equal bool `json:"equal,omitempty"` // It has less code and is no worse, unless a seed to come is bad.
}

// Proposal is the one change that an experiment tries. The baseline's has the
// proposer "baseline" and no diff.
type Proposal struct {
	Hypothesis  string `json:"hypothesis"`
	Description string `json:"description"` // One line, the subject of the commit and the tables.
	Proposer    string `json:"proposer"`
	Diff        string `json:"diff"`             // Unified, against the parent.
	Recipe      string `json:"recipe,omitempty"` // Fingerprint of the mutable files with the change; see edit.Fingerprint.
	Attempts    int    `json:"attempts"`         // Replies needed, refused ones included.
	Tokens      int    `json:"tokens,omitempty"` // LLM tokens spent on all attempts: in version 1 alone, which had no spent records.
}

// Built says that the candidate's trainer was compiled.
type Built struct {
	TimeS  table.Measure `json:"time_s"`
	SHA256 string        `json:"sha256,omitempty"` // Of the program, hexadecimal.
}

// Trained is a training that ended. It is written for a failed training, too,
// with the points that it reached; the verdict then carries the failure.
type Trained struct {
	Seed      uint64        `json:"seed"` // The paired or fresh seed.
	Points    []table.Point `json:"points"`
	TimeS     table.Measure `json:"time_s"`               // Wall time of the process.
	MemoryGB  table.Measure `json:"memory_gb"`            // Its peak resident memory, 10^9 bytes.
	StoppedAt int           `json:"stopped_at,omitempty"` // Step at which it was so far behind the champion that it was stopped; 0 for not at all.
	Steps     int           `json:"steps,omitempty"`      // Steps that it was to have; 0 in older versions: as many as the run says.
	Done      int           `json:"steps_done,omitempty"` // Of them, those that it had.
	Tokens    int           `json:"tokens,omitempty"`     // That these trained on; 0 is not known, as in older versions.
	FLOPs     float64       `json:"flops,omitempty"`      // Floating-point operations of their matrix products, as the trainer's package harness counts them; 0 is not known.
	StepS     float64       `json:"step_s,omitempty"`     // Time of a step in seconds, where it was taken to hold time equal: on the recipe's first seed; else 0.
	Stream    uint64        `json:"stream,omitempty"`     // Added to the seed for the training alone: noise of a run that compares like with like.

	Failure *Failure `json:"failure,omitempty"` // Why it has no export.
	Abreast int      `json:"abreast,omitempty"` // How many were trained at the same time, each on its share of the processors; 0 and 1: it alone.
}

// Evaluated is what the fixed evaluator measured on the exported model: the
// only figures that a verdict rests on.
type Evaluated struct {
	Seed    uint64         `json:"seed"`
	Text    string         `json:"text,omitempty"` // TextHoldout, an [UnseenText]'s name, or empty for the evaluation text.
	EvalPPL table.Measure  `json:"eval_ppl"`
	EvalBPB table.Measure  `json:"eval_bpb"`
	Tokens  int            `json:"tokens"` // Tokens scored.
	Bytes   int            `json:"bytes"`  // Bytes of the text that they stand for.
	Windows int            `json:"windows"`
	Context int            `json:"context"` // Tokens per window.
	Ternary bool           `json:"ternary"`
	TimeS   table.Measure  `json:"time_s"`
	Bits    *contract.Bits `json:"bits,omitempty"` // Of the export; absent in older versions.

	Blocks []float32 `json:"blocks,omitempty"` // Nats per token of consecutive pieces of the text: on fresh seeds alone.

	MemoryGB table.Measure `json:"memory_gb,omitempty"` // Peak resident memory of the evaluator, 10^9 bytes; absent in older journals.
}

// Reference is what the fixed evaluator measured on the full-precision model that
// trainings start from.
type Reference struct {
	Text    string        `json:"text,omitempty"` // As in Evaluated.
	EvalPPL table.Measure `json:"eval_ppl"`
	EvalBPB table.Measure `json:"eval_bpb"`
	TimeS   table.Measure `json:"time_s"`
}

// What a run does with an export whose eval_ppl is lower than the full-precision
// model's.
const (
	BetterStops  = "stop"  // The experiment is a crash, FailureTooGood, and the run ends for a person to look.
	BetterCounts = "count" // It is judged like any other.
)

// Judged is the decision on an experiment, its terminal record.
type Judged struct {
	Status  Status         `json:"status"`  // StatusKeep, StatusSimplify, StatusDiscard, StatusPromising or StatusCrash.
	Reason  string         `json:"reason"`  // One sentence for a person.
	Failure *Failure       `json:"failure"` // Set exactly when Status is StatusCrash.
	Seeds   []uint64       `json:"seeds"`   // The paired seeds that were compared.
	Change  table.Measure  `json:"change"`  // Of eval_ppl against the champion, geometric mean over the seeds; -0.02 is 2 % lower.
	Low     table.Measure  `json:"low"`     // 95 % confidence interval of the change.
	High    table.Measure  `json:"high"`
	Worst   *verdict.Worst `json:"worst,omitempty"` // The seed on which it does worst beside the champion; nil where nothing was compared.
	Again   bool           `json:"again,omitempty"` // It would have been kept, but another from the same parent was kept before it: its change is tried again on that.
}

// Ablated is the champion's eval_ppl on a fresh seed without one kept change.
type Ablated struct {
	Champion int           `json:"champion"` // The experiment whose recipe the change was taken from.
	Seed     uint64        `json:"seed"`
	Text     string        `json:"text,omitempty"` // As in Evaluated.
	EvalPPL  table.Measure `json:"eval_ppl"`
	TimeS    table.Measure `json:"time_s"`
	Tokens   int           `json:"tokens,omitempty"` // That it was trained on; 0 is not known.
	FLOPs    float64       `json:"flops,omitempty"`  // As in Trained.
	Problem  string        `json:"problem"`          // Why it can't be taken out alone; then nothing was measured.
}

// Repeated is what a kept recipe came to when it was trained again on a seed that it
// was measured on. The figure of before stays.
type Repeated struct {
	For     int           `json:"for"`             // The champion in question: the experiment itself or, of the baseline, the one whose figure differed.
	Final   bool          `json:"final,omitempty"` // For the final check.
	Seed    uint64        `json:"seed"`
	EvalPPL table.Measure `json:"eval_ppl"` // Missing where there is none any more.
	Problem string        `json:"problem,omitempty"`
	TimeS   table.Measure `json:"time_s"` // Seconds of training and evaluation.

	stale bool // a champion was withdrawn since
}

// Withdrawn takes a champion back whose figure isn't what it was.
type Withdrawn struct {
	Reason   string `json:"reason"`   // One sentence for a person.
	Champion int    `json:"champion"` // The experiment that is the champion again.
	Parent   string `json:"parent"`   // The commit that the run's branch ended at.
}

// Committed says where the decided experiment is found in git.
type Committed struct {
	Commit string `json:"commit"`
	Ref    string `json:"ref"` // The run's branch for a keep, else refs/experiments/<tag>/<n>.
}
