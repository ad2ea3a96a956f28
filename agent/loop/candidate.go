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

	parent        string          // the champion's commit
	parentOutcome results.Outcome // the champion's figures
	files         map[string]string

	proposer string             // its name in records
	feedback []proposer.Attempt // the refused tries
	attempts int
	noted    int // attempts that are journaled
	proposal proposer.Proposal
	changed  map[string]string // the files that the proposal changes
	diff     string

	evaluated results.Evaluated
	crash     *crash // why it has no figures
	judged    results.Judged
}

// begin journals the intent and makes an empty folder for the experiment. One
// that was interrupted starts over.
func (l *Loop) begin(number int) (*candidate, error) {
	c := &candidate{
		number:        number,
		title:         fmt.Sprintf("experiment %d/%d", number, l.settings.Budget),
		parent:        l.run.BaseCommit,
		parentOutcome: results.Outcome{Seeds: []uint64{l.run.Seed}, EvalPPL: results.Missing()},
		evaluated:     results.Evaluated{EvalPPL: results.Missing(), EvalBPB: results.Missing()},
	}
	if champion, ok := results.Best(l.experiments); ok {
		c.parent, c.parentOutcome = champion.Commit, champion.Outcome()
	}
	files, err := l.repository.MutableFiles(c.parent)
	if err != nil {
		return nil, err
	}
	c.files = files
	folder := l.folder.Experiment(number)
	if err := os.RemoveAll(folder); err != nil {
		return nil, fmt.Errorf("clear the experiment's folder: %w", err)
	}
	if err := os.MkdirAll(l.folder.Output(number), 0o755); err != nil {
		return nil, fmt.Errorf("make the experiment's folder: %w", err)
	}
	return c, l.append(results.KindIntent, number, results.Intent{
		ParentCommit: c.parent, ParentEvalPPL: c.parentOutcome.EvalPPL, Seeds: c.parentOutcome.Seeds,
	})
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
