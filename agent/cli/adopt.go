package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace/repo"
)

// adoptOptions are the flags of `agent adopt`.
type adoptOptions struct {
	readOptions
	despiteGuard bool
}

func newAdoptCommand(a *app) *cobra.Command {
	var o adoptOptions
	cmd := &cobra.Command{
		Use:   "adopt N|best|BRANCH|COMMIT",
		Short: "Bring an experiment's recipe onto your branch",
		Long: `adopt commits the trainer files of experiment N, or of the champion, onto your
current branch: the experiment's change together with the kept ones it stands
on. It is the only command that touches your branch and your files, and it
refuses when files that it would change have changes of yours. A branch, or a
commit by its whole name, brings what somebody made by hand on top of the run.

What is adopted runs with your rights wherever you build and run it, but where
` + "`trainer`" + ` puts it into the sandbox (docs/sandbox.md). So the guard looks at all of
it first, beside the commit that the run began at: names, types, sizes. What it
objects to is shown and not adopted, unless --despite-guard is given.`,
		Example: `  agent adopt best
  agent adopt 7 --tag nov24
  agent adopt autoresearch/nov24`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runAdopt(cmd.Context(), a, o, args[0]) },
	}
	o.addFlags(cmd, "a JSON object: experiment (or null), commit, branch, files, objections, left_alone")
	cmd.Flags().BoolVar(&o.despiteGuard, "despite-guard", false, "adopt although the guard objects; look at the change first")
	return cmd
}

// adopted is what the command did, for scripts.
type adopted struct {
	Experiment *int     `json:"experiment"` // nil: made by hand
	Commit     string   `json:"commit"`
	Branch     string   `json:"branch"`
	Files      []string `json:"files"`
	Objections []string `json:"objections"` // the guard's, that were overruled
	LeftAlone  []string `json:"left_alone"` // changed, too, but nothing that adopt brings
}

// source is what is to be adopted.
type source struct {
	experiment *int   // nil: made by hand
	name       string // for people
	commit     string
	message    string
}

func runAdopt(ctx context.Context, a *app, o adoptOptions, argument string) error {
	v, err := o.open(a)
	if err != nil {
		return err
	}
	repository, err := repo.Open(v.root)
	if err != nil {
		return err
	}
	from, err := v.source(repository, argument)
	if err != nil {
		return err
	}
	shown := a
	if o.json {
		shown = a.onStderr()
	}
	objections, leftAlone, err := shown.inspect(ctx, v, repository, from)
	if err != nil {
		return err
	}
	if len(objections) > 0 && !o.despiteGuard {
		return fmt.Errorf("the guard objects to %s, so nothing was adopted; look at `git diff %s %s -- trainer`, and adopt it all the same with --despite-guard",
			from.name, line.Commit(v.run.BaseCommit), line.Commit(from.commit))
	}
	adoption, err := repository.Adopt(v.run.BaseCommit, from.commit, from.message)
	if err != nil {
		return err
	}
	if !o.json {
		a.printAdopted(from, adoption)
		return nil
	}
	return a.printJSON(adopted{
		Experiment: from.experiment, Commit: adoption.Commit, Branch: adoption.Branch,
		Files: append([]string{}, adoption.Files...), Objections: append([]string{}, objections...), LeftAlone: append([]string{}, leftAlone...),
	})
}

// source finds what an argument names: an experiment, or what was made by hand.
func (v *view) source(repository *repo.Repository, argument string) (source, error) {
	e, err := v.experiment(argument)
	if err == nil {
		if !e.Status.Kept() && e.Status != journal.StatusDiscard && e.Status != journal.StatusPromising || e.Commit == "" {
			return source{}, usagef("experiment %d can't be adopted: its status is %s", e.Number, e.Status)
		}
		return source{&e.Number, fmt.Sprintf("experiment %d", e.Number), e.Commit, adoptMessage(v.run, e)}, nil
	}
	if argument == "best" || len(argument) < 40 && strings.Trim(argument, "#0123456789") == "" {
		return source{}, err
	}
	commit, err := repository.Ref("refs/heads/" + argument)
	if errors.Is(err, repo.ErrNoRef) {
		commit, err = argument, nil
		if !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(argument) {
			return source{}, usagef("%q is neither an experiment's number nor best, nor a branch, nor the whole name of a commit", argument)
		}
	}
	if err != nil {
		return source{}, err
	}
	return source{nil, "commit " + line.Commit(commit), commit, fmt.Sprintf("Adopt commit %s, made by hand beside run %s\n\nSource-Commit: %s\n",
		line.Commit(commit), line.InCommit(v.run.Tag, longestTag), commit)}, nil
}

// inspect says what is adopted, with which rights it will run, and what the guard has
// against it.
func (a *app) inspect(ctx context.Context, v *view, repository *repo.Repository, from source) (objections, leftAlone []string, err error) {
	leftAlone, err = repository.LeftAlone(v.run.BaseCommit, from.commit)
	if err != nil {
		return nil, nil, err
	}
	objections, err = lab.Objections(ctx, repository, v.folder, v.run.BaseCommit, from.commit)
	if err != nil {
		return nil, nil, err
	}
	const shown = 10
	for i, objection := range objections {
		if i == shown {
			a.print("and %d objections more\n", len(objections)-shown)
			break
		}
		a.print("%s\n", line.Cut(objection, line.Longest))
	}
	if len(objections) == 0 {
		a.print("the guard has nothing against %s\n", from.name)
	}
	if len(leftAlone) > 0 {
		more := ""
		if len(leftAlone) > shown {
			more = fmt.Sprintf(" and %d more", len(leftAlone)-shown)
		}
		a.print("left alone, since no experiment may change them: %s%s\n", strings.Join(leftAlone[:min(shown, len(leftAlone))], ", "), more)
	}
	a.print("what is adopted runs with your rights (go test, trainer --sandbox off, programs of yours); only a training\n" +
		"with `trainer`, and the agent's, are kept in the sandbox: docs/sandbox.md\n")
	return objections, leftAlone, nil
}

func (a *app) printAdopted(from source, done repo.Adoption) {
	if len(done.Files) == 0 {
		a.print("nothing to do: your files are those of %s already\n", from.name)
		return
	}
	a.print("adopted %s as %s on %s: %s\n", from.name, line.Commit(done.Commit), done.Branch, strings.Join(done.Files, ", "))
}

// longestTag is where a run's tag is cut in a commit's subject, in runes.
const longestTag = 40

// adoptMessage is the message of the commit on the user's branch.
func adoptMessage(run journal.Run, e journal.Experiment) string {
	return fmt.Sprintf("Adopt experiment %d of run %s: eval_ppl %s\n\n%s\n\nExperiment: %d\nEval-PPL: %s\nSource-Commit: %s\n",
		e.Number, line.InCommit(run.Tag, longestTag), figure(e.EvalPPL), line.Quote(e.Description), e.Number, e.EvalPPL, line.Clean(e.Commit))
}
