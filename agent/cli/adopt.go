package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace"
)

func newAdoptCommand(a *app) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "adopt N|best",
		Short: "Bring an experiment's recipe onto your branch",
		Long: `adopt commits the trainer files of experiment N, or of the champion, onto your
current branch: the experiment's change together with the kept ones it stands
on. It is the only command that touches your branch and your files, and it
refuses when files that it would change have changes of yours.`,
		Example: `  agent adopt best
  agent adopt 7 --tag nov24`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runAdopt(a, o, args[0]) },
	}
	o.addFlags(cmd, "a JSON object: commit, branch, files")
	return cmd
}

// adopted is what the command did, for scripts.
type adopted struct {
	Experiment int      `json:"experiment"`
	Commit     string   `json:"commit"`
	Branch     string   `json:"branch"`
	Files      []string `json:"files"`
}

func runAdopt(a *app, o readOptions, argument string) error {
	v, e, err := o.openExperiment(a, argument)
	if err != nil {
		return err
	}
	if !e.Status.Kept() && e.Status != journal.StatusDiscard || e.Commit == "" {
		return usagef("experiment %d can't be adopted: its status is %s", e.Number, e.Status)
	}
	repository, err := workspace.OpenRepository(v.root)
	if err != nil {
		return err
	}
	adoption, err := repository.Adopt(v.run.BaseCommit, e.Commit, adoptMessage(v.run, e))
	if err != nil {
		return err
	}
	done := adopted{
		Experiment: e.Number, Commit: adoption.Commit, Branch: adoption.Branch,
		Files: append([]string{}, adoption.Files...),
	}
	if o.json {
		return a.printJSON(done)
	}
	a.printAdopted(done)
	return nil
}

func (a *app) printAdopted(done adopted) {
	if len(done.Files) == 0 {
		a.print("nothing to do: your files are those of experiment %d already\n", done.Experiment)
		return
	}
	a.print("adopted experiment %d as %s on %s: %s\n", done.Experiment, line.Commit(done.Commit), done.Branch,
		strings.Join(done.Files, ", "))
}

// longestTag is where a run's tag is cut in a commit's subject, in runes.
const longestTag = 40

// adoptMessage is the message of the commit on the user's branch.
func adoptMessage(run journal.Run, e journal.Experiment) string {
	return fmt.Sprintf("Adopt experiment %d of run %s: eval_ppl %s\n\n%s\n\nExperiment: %d\nEval-PPL: %s\nSource-Commit: %s\n",
		e.Number, line.InCommit(run.Tag, longestTag), figure(e.EvalPPL), line.Quote(e.Description), e.Number, e.EvalPPL, line.Clean(e.Commit))
}
