package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/settings"
	"github.com/ternlab/ternlab/workspace/repo"
)

// chooseRun decides which run the command is about, fills in that run's
// settings where the user gave none, and says what it starts from.
func (o *runOptions) chooseRun(a *app, repository *repo.Repository) error {
	head, dirty, err := repository.Head()
	if err != nil {
		return err
	}
	if o.Tag == "" {
		if o.Tag, err = defaultTag(repository, head); err != nil {
			return err
		}
	}
	run, experiments, err := runs.NewFolder(repository.Root(), o.Tag).Load()
	if errors.Is(err, runs.ErrNoRun) || (err == nil && !journal.HasBaseline(experiments)) {
		return a.sayStart(o.Tag, repository, head, dirty)
	}
	if err != nil {
		return err
	}
	o.fillIn(run)
	a.sayGoingOn(o, run, experiments, head)
	return nil
}

// defaultTag is the tag of the run that was written last, if that one has
// nothing to lose, was interrupted, or began at the commit that is HEAD now;
// otherwise it is a new tag, named after the day.
func defaultTag(repository *repo.Repository, head string) (string, error) {
	tags, err := runs.Tags(repository.Root())
	if err != nil {
		return "", err
	}
	if len(tags) == 0 {
		return newTag(time.Now(), repository, tags)
	}
	run, experiments, err := runs.NewFolder(repository.Root(), tags[0]).Load()
	if err != nil && !errors.Is(err, runs.ErrNoRun) {
		return "", err
	}
	if !journal.HasBaseline(experiments) || isInterrupted(experiments) || run.BaseCommit == head {
		return tags[0], nil
	}
	return newTag(time.Now(), repository, tags)
}

func isInterrupted(experiments []journal.Experiment) bool {
	return slices.ContainsFunc(experiments, isRunning)
}

func isRunning(e journal.Experiment) bool { return e.Status == journal.StatusRunning }

// newTag is the first of nov24, nov24-2, nov24-3, … that is free.
func newTag(now time.Time, repository *repo.Repository, tags []string) (string, error) {
	day := strings.ToLower(now.Format("Jan2"))
	for n := 1; ; n++ {
		tag := day
		if n > 1 {
			tag = fmt.Sprintf("%s-%d", day, n)
		}
		_, err := repository.Ref(repo.BranchRef(tag))
		if err != nil && !errors.Is(err, repo.ErrNoRef) {
			return "", err
		}
		if err != nil && !slices.Contains(tags, tag) {
			return tag, nil
		}
	}
}

// fillIn takes the settings that the user left out from the run.
func (o *runOptions) fillIn(run journal.Run) {
	settings.Fill(&o.Protocol, run.Settings(), o.given)
	if run.AA {
		return
	}
	name, model, _ := strings.Cut(run.Proposer, " ")
	fill(o, "proposer", &o.proposer, name)
	if o.proposer == name {
		fill(o, "model", &o.llm.model, model)
	}
}

func fill[T any](o *runOptions, flag string, setting *T, value T) {
	if !o.given(flag) {
		*setting = value
	}
}

func (a *app) sayStart(tag string, repository *repo.Repository, head string, dirty bool) error {
	a.print("run %s, starting from HEAD %s\n", tag, line.Commit(head))
	if !dirty {
		return nil
	}
	changed, err := repository.Changed()
	if err != nil {
		return err
	}
	a.print("your uncommitted changes are not part of this run: %s\n", listFiles(changed))
	return nil
}

func (a *app) sayGoingOn(o *runOptions, run journal.Run, experiments []journal.Experiment, head string) {
	decided := slices.IndexFunc(experiments, isRunning)
	if decided < 0 {
		decided = len(experiments)
	}
	if decided > o.Budget {
		a.print("run %s has done %d of %d experiments; a larger --budget goes on, --tag NAME starts another run\n",
			run.Tag, decided-1, o.Budget)
		return
	}
	a.print("going on with run %s at experiment %d; it started from %s\n", run.Tag, decided, line.Commit(run.BaseCommit))
	if head != run.BaseCommit {
		a.print("HEAD is %s now; --tag NAME starts another run from there\n", line.Commit(head))
	}
}

// listFiles names a few files.
func listFiles(files []string) string {
	const most = 4
	if len(files) <= most {
		return strings.Join(files, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(files[:most], ", "), len(files)-most)
}
