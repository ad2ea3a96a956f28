package loop

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/runs"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
	"github.com/ternlab/ternlab/workspace"
	"github.com/ternlab/ternlab/workspace/diskuse"
)

// candidate is one experiment on its way through the stages.
type candidate struct {
	number int
	title  string // how the screen calls it
	label  string // before its lines, where several share the screen: "#7 "

	champion      int             // the champion's number
	parent        string          // the champion's commit
	parentOutcome verdict.Outcome // the champion's figures on the first seed
	files         map[string]string

	proposer string             // its name in records
	feedback []proposer.Attempt // the refused tries
	attempts int
	answer   answer
	proposal proposer.Proposal
	changed  map[string]string // the files that the proposal changes
	diff     string
	recipe   string // its fingerprint
	again    int    // the experiment whose change it tries on another parent; 0 for none
	settled  bool   // the change is known and was built before

	seed      uint64        // the one at hand
	band      verdict.Band  // of the race on it
	rival     []table.Point // the champion's curve on it; without one there is no race
	program   lab.Program
	share     lab.Share         // of the machine
	evaluated journal.Evaluated // on the first seed
	crash     *crash            // why it has no figures
	judged    journal.Judged
	isClear   bool      // the rule has seen enough
	decided   time.Time // when it was judged
}

// begin journals the intent and makes an empty folder for the experiment. One of
// the same batch that was interrupted is taken up where it was.
func (l *Loop) begin(number, batch int) (*candidate, error) {
	known := l.record.Experiments()
	if number < len(known) && known[number].Batch == batch {
		return l.takeUp(known[number])
	}
	c := &candidate{
		number:        number,
		title:         l.titleOf(number),
		parent:        l.record.Run().BaseCommit,
		parentOutcome: verdict.Outcome{Seeds: journal.PairedSeeds(l.record.Run(), 1), EvalPPL: table.Missing()},
		evaluated:     journal.Evaluated{EvalPPL: table.Missing(), EvalBPB: table.Missing()},
		again:         toTryAgain(known),
	}
	if champion, ok := journal.Best(known); ok {
		c.champion, c.parent = champion.Number, journal.Tip(l.record.Run(), known)
		c.parentOutcome.EvalPPL = champion.EvalPPL
	}
	files, err := l.repository.MutableFiles(c.parent)
	if err != nil {
		return nil, err
	}
	c.files = files
	if l.record.Run().AA && number > 0 {
		l.likeWithLike(c)
	}
	if err := diskuse.RemoveAll(l.folder.Experiment(number)); err != nil {
		return nil, fmt.Errorf("clear the experiment's folder: %w", err)
	}
	if err := l.makeFolder(number); err != nil {
		return nil, err
	}
	return c, l.record.Append(number, journal.Intent{
		ParentCommit: c.parent, ParentEvalPPL: c.parentOutcome.EvalPPL, Seeds: c.parentOutcome.Seeds,
		Batch: batch, Again: c.again,
	})
}

// toTryAgain is the first experiment whose change waits to be tried on another
// parent, or 0.
func toTryAgain(known []journal.Experiment) int {
	for _, e := range known {
		begun := func(other journal.Experiment) bool { return other.Again == e.Number }
		if e.TryAgain && !slices.ContainsFunc(known, begun) {
			return e.Number
		}
	}
	return 0
}

func (l *Loop) makeFolder(number int) error {
	if err := os.MkdirAll(l.folder.Output(number), 0o755); err != nil {
		return fmt.Errorf("make the experiment's folder: %w", err)
	}
	return nil
}

// takeUp goes on with an experiment that was interrupted. What it has reached is
// in the journal, and its stages pass over that: the proposer's answers are not
// asked for again, what was built is not built again, and no seed is trained
// twice.
func (l *Loop) takeUp(e journal.Experiment) (*candidate, error) {
	c, err := l.restore(e)
	if err == nil {
		err = l.makeFolder(e.Number)
	}
	if err == nil && c.settled {
		err = l.writeDiff(c)
	}
	if err != nil {
		return nil, fmt.Errorf("go on with experiment %d: %w", e.Number, err)
	}
	if l.record.Run().AA && e.Number > 0 {
		l.likeWithLike(c)
	}
	return c, nil
}

// restore makes the candidate of an experiment from its records, as far as they
// go: with its change once that was built or decided.
func (l *Loop) restore(e journal.Experiment) (*candidate, error) {
	c := &candidate{
		number: e.Number, title: l.titleOf(e.Number), again: e.Again,
		champion: journal.ChampionAt(l.record.Experiments(), e.ParentCommit), parent: e.ParentCommit,
		parentOutcome: verdict.Outcome{Seeds: e.Seeds, EvalPPL: e.ParentEvalPPL},
		evaluated:     journal.Evaluated{EvalPPL: e.EvalPPL, EvalBPB: e.EvalBPB},
		judged: journal.Judged{
			Status: e.Status, Reason: e.Reason, Failure: e.Failure, Seeds: e.Seeds,
			Change: e.Change, Low: e.Low, High: e.High, Worst: e.Worst,
		},
		decided: e.Decided,
		settled: slices.Contains([]journal.Kind{journal.KindBuilt, journal.KindTrained, journal.KindEvaluated, journal.KindLooked}, e.Stage),
	}
	if e.Waiting != nil {
		c.judged, c.isClear = *e.Waiting, true
	}
	if e.Failure != nil {
		c.crash = &crash{e.Failure.Class, errors.New(e.Failure.Message)}
	}
	var err error
	if c.files, err = l.repository.MutableFiles(c.parent); err != nil {
		return nil, err
	}
	if !c.settled && e.Status == journal.StatusRunning {
		return c, nil
	}
	c.attempts, c.diff, c.recipe, c.proposer = e.Attempts, e.Diff, e.Recipe, e.Proposer
	c.proposal.Description, c.proposal.Hypothesis = e.Description, e.Hypothesis
	if e.Diff == "" || (c.crash != nil && neverApplied(c.crash.class)) {
		return c, nil
	}
	change, err := workspace.ParseReply(e.Diff)
	if err != nil {
		return nil, err
	}
	c.changed, err = workspace.Apply(c.files, change.Edits)
	return c, err
}

// titleOf is how the screen calls an experiment.
func (l *Loop) titleOf(number int) string {
	if l.settings.Budget == Unlimited {
		return fmt.Sprintf("experiment %d", number)
	}
	return fmt.Sprintf("experiment %d/%d", number, l.settings.Budget)
}

// likeWithLike makes the champion the candidate: every other time with noise of
// its own, every other time with the same.
func (l *Loop) likeWithLike(c *candidate) {
	c.settled, c.proposer = true, "aa"
	c.proposal.Description = "the champion again"
	if l.streamOf(c.number) > 0 {
		c.proposal.Description += ", on data in another order"
	}
}

// streamOf is what is added to the seeds of an experiment's trainings: nothing,
// but in a run that compares like with like for every other experiment.
func (l *Loop) streamOf(number int) uint64 {
	if !l.record.Run().AA || number%2 == 0 {
		return 0
	}
	const farFromSeeds = 1 << 32
	return uint64(number) * farFromSeeds
}

// shortFolder is an experiment's folder as seen from the user's checkout.
func (l *Loop) shortFolder(number int) string {
	return runs.NewFolder("", l.record.Run().Tag).Experiment(number)
}

// source is the mutable files with the candidate's change.
func (c *candidate) source() map[string]string {
	files := maps.Clone(c.files)
	maps.Copy(files, c.changed)
	return files
}
