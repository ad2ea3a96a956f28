package loop

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results"
)

// trainerPackage is the candidate's command, from the module's root.
const trainerPackage = "./trainer"

// candidate is one experiment on its way through the stages.
type candidate struct {
	number int
	title  string // how the screen calls it

	champion      int             // the champion's number
	parent        string          // the champion's commit
	parentOutcome results.Outcome // the champion's figures on the first seed
	files         map[string]string

	proposer string             // its name in records
	feedback []proposer.Attempt // the refused tries
	attempts int
	noted    int // attempts that are journaled
	proposal proposer.Proposal
	changed  map[string]string // the files that the proposal changes
	diff     string
	settled  bool // the change is known and passed the guard before

	seed      uint64            // the one at hand
	training  *training         // on that seed
	evaluated results.Evaluated // on the first seed
	crash     *crash            // why it has no figures
	judged    results.Judged
}

// begin journals the intent and makes an empty folder for the experiment. One
// that was interrupted before it had a figure starts over; one that had goes on
// with the same change.
func (l *Loop) begin(number int) (*candidate, error) {
	if number < len(l.experiments) && l.experiments[number].EvalPPL.Valid() {
		return l.goOn(l.experiments[number])
	}
	c := &candidate{
		number:        number,
		title:         fmt.Sprintf("experiment %d/%d", number, l.settings.Budget),
		parent:        l.run.BaseCommit,
		parentOutcome: results.Outcome{Seeds: results.PairedSeeds(l.run, 1), EvalPPL: results.Missing()},
		evaluated:     results.Evaluated{EvalPPL: results.Missing(), EvalBPB: results.Missing()},
	}
	if champion, ok := results.Best(l.experiments); ok {
		c.champion, c.parent = champion.Number, champion.Commit
		c.parentOutcome.EvalPPL = champion.EvalPPL
	}
	files, err := l.repository.MutableFiles(c.parent)
	if err != nil {
		return nil, err
	}
	c.files = files
	if l.run.AA && number > 0 {
		l.likeWithLike(c)
	}
	folder := l.folder.Experiment(number)
	if err := os.RemoveAll(folder); err != nil {
		return nil, fmt.Errorf("clear the experiment's folder: %w", err)
	}
	if err := os.MkdirAll(l.folder.Output(number), 0o755); err != nil {
		return nil, fmt.Errorf("make the experiment's folder: %w", err)
	}
	return c, l.appendTrial(results.KindIntent, number, results.Intent{
		ParentCommit: c.parent, ParentEvalPPL: c.parentOutcome.EvalPPL, Seeds: c.parentOutcome.Seeds,
	})
}

// goOn takes up an experiment that was interrupted between two seeds.
func (l *Loop) goOn(e results.Experiment) (*candidate, error) {
	c, err := l.restore(e)
	if err != nil {
		return nil, fmt.Errorf("go on with experiment %d: %w", e.Number, err)
	}
	c.title = fmt.Sprintf("experiment %d/%d", e.Number, l.settings.Budget)
	c.settled, c.attempts, c.diff = true, e.Attempts, e.Diff
	if champion, ok := results.Best(l.experiments); ok {
		c.champion = champion.Number
	}
	return c, nil
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
	if !l.run.AA || number%2 == 0 {
		return 0
	}
	const farFromSeeds = 1 << 32
	return uint64(number) * farFromSeeds
}

// shortFolder is an experiment's folder as seen from the user's checkout.
func (l *Loop) shortFolder(number int) string {
	return NewFolder("", l.run.Tag).Experiment(number)
}

// writeFiles puts changed files into the working copy.
func writeFiles(dir string, changed map[string]string) error {
	for name, text := range changed {
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.WriteFile(target, []byte(text), 0o644); err != nil {
			return fmt.Errorf("write %s into the working copy: %w", name, err)
		}
	}
	return nil
}
