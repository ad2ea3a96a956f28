package branch

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace/edit"
	"github.com/ternlab/ternlab/workspace/repo"
)

// Branch is a run in git.
type Branch struct{ bench *bench.Bench }

// Of returns the branch of a run.
func Of(b *bench.Bench) Branch { return Branch{b} }

// Commit puts a decided experiment into git: on the run's branch when it was kept,
// else under a ref of its own. Done again after an interruption it makes the same
// commit, down to its hash.
func (b Branch) Commit(e journal.Experiment) error {
	ref := repo.ExperimentRef(b.bench.Settings.Tag, e.Number)
	if e.Status.Kept() {
		ref = repo.BranchRef(b.bench.Settings.Tag)
		if err := b.checkBranch(ref, e.ParentCommit, subjectStart(e.Number)); err != nil {
			return err
		}
	}
	commit, err := b.newCommit(e)
	if err != nil {
		return err
	}
	if err := b.setRef(ref, commit); err != nil {
		return err
	}
	if err := b.putAway(e, commit); err != nil {
		return err
	}
	return b.bench.Record.Append(e.Number, journal.Committed{Commit: commit, Ref: ref})
}

// setRef makes a ref point at a new commit.
func (b Branch) setRef(ref, commit string) error {
	failpoint.Hit(failpoint.Objects)
	if err := b.bench.Repository.SetRef(ref, commit); err != nil {
		return err
	}
	failpoint.Hit(failpoint.RefSet)
	return nil
}

// newCommit returns a commit that no ref points at yet; the baseline's is the
// one that the run started from.
func (b Branch) newCommit(e journal.Experiment) (string, error) {
	if e.Number == 0 {
		return b.bench.Record.Run().BaseCommit, nil
	}
	changed, err := b.admissible(e)
	if err != nil {
		return "", err
	}
	return b.bench.Repository.Commit(e.ParentCommit, changed, b.bench.Record.Clean(message(e)), e.Decided.Local())
}

// admissible is what of an experiment's change may stand in a commit: what has passed
// the guard. The rest is in the journal alone.
func (b Branch) admissible(e journal.Experiment) (map[string]string, error) {
	if e.Diff == "" || (e.Failure != nil && wasRefused(*e.Failure)) {
		return nil, nil
	}
	files, err := b.bench.Repository.MutableFiles(e.ParentCommit)
	if err != nil {
		return nil, err
	}
	change, err := edit.ParseReply(e.Diff)
	if err != nil {
		return nil, err
	}
	return edit.Apply(files, change.Edits)
}

// wasRefused tells whether a change was refused: it doesn't fit, reaches beyond what
// may change, or isn't even Go, by the failure's own words: they are all that the
// journal has.
func wasRefused(failure journal.Failure) bool {
	switch failure.Class {
	case journal.FailureNoApply, journal.FailureGuard:
		return true
	case journal.FailureNoBuild:
		return strings.HasPrefix(failure.Message, "gofmt:")
	}
	return false
}

// putAway keeps a new champion's program for reruns, and with it only the
// baseline's. The program of an experiment that was dropped goes.
func (b Branch) putAway(e journal.Experiment, commit string) error {
	built := lab.ForExperiment(e.Number)
	if _, ok := b.bench.Lab.Find(built); !ok || !e.Status.Kept() {
		return b.bench.Lab.Remove(built)
	}
	known := b.bench.Record.Experiments()
	if champion := journal.ChampionAt(known, e.ParentCommit); champion > 0 {
		if err := b.bench.Lab.Remove(known[champion].Commit); err != nil {
			return err
		}
	}
	return b.bench.Lab.Rename(built, commit)
}

// checkBranch refuses to move the run's branch away from commits that the run
// didn't make: somebody would lose them. It must be at the parent, or one commit
// further whose subject begins as that of the run's next.
func (b Branch) checkBranch(ref, parent, subject string) error {
	at, err := b.bench.Repository.Ref(ref)
	if errors.Is(err, repo.ErrNoRef) || (err == nil && at == parent) {
		return nil
	}
	if err != nil {
		return err
	}
	added, err := b.bench.Repository.Log(ref, parent)
	if err != nil {
		return err
	}
	mine := len(added) == 1 && added[0].Parent == parent && strings.HasPrefix(added[0].Subject, subject)
	if mine {
		return nil // set just before an interruption
	}
	branch := strings.TrimPrefix(ref, "refs/heads/")
	return fmt.Errorf("branch %s was moved to %s, but the run left it at %s; keep your commits under another name and `git branch -f %s %s`",
		branch, line.Commit(at), line.Commit(parent), branch, line.Commit(parent))
}

// TakeBack commits what was withdrawn just now: on the run's branch the files of the
// champion before it are restored. Done again after an interruption it makes the same
// commit, down to its hash.
func (b Branch) TakeBack(e journal.Experiment) error {
	withdrawal, ref := e.Withdrawal, repo.BranchRef(b.bench.Record.Run().Tag)
	champion := b.bench.Record.Experiments()[withdrawal.Champion]
	subject := subjectStart(e.Number) + "withdrawn"
	if err := b.checkBranch(ref, withdrawal.Parent, subject); err != nil {
		return err
	}
	changed, err := b.restored(withdrawal.Parent, champion.Commit)
	if err != nil {
		return err
	}
	message := fmt.Sprintf("%s: back to %s\n\n%s\n\nExperiment: %d\nChampion: %d\n", subject, bench.NameOf(champion.Number), line.InCommit(withdrawal.Reason, line.Longest), e.Number, champion.Number)
	commit, err := b.bench.Repository.Commit(withdrawal.Parent, changed, message, withdrawal.Time.Local())
	if err != nil {
		return err
	}
	if err := b.setRef(ref, commit); err != nil {
		return err
	}
	if err := b.bench.Lab.Remove(e.Commit); err != nil {
		return err
	}
	if err := b.bench.Record.Append(e.Number, journal.Committed{Commit: commit, Ref: ref}); err != nil {
		return err
	}
	b.bench.Observer.Say(fmt.Sprintf("  experiment %d is withdrawn: %s\n  %s is the champion again, in %s", e.Number, line.Clean(withdrawal.Reason),
		bench.NameOf(champion.Number), line.Commit(commit)))
	return nil
}

// restored are the changes that make the mutable files of one commit those of another.
func (b Branch) restored(at, as string) (map[string]string, error) {
	files, err := b.bench.Repository.MutableFiles(at)
	if err != nil {
		return nil, err
	}
	want, err := b.bench.Repository.MutableFiles(as)
	if err != nil {
		return nil, err
	}
	changed := map[string]string{}
	for name := range maps.Keys(files) {
		changed[name] = "" // removed, unless it is wanted
	}
	maps.Copy(changed, want)
	maps.DeleteFunc(changed, func(name, text string) bool { return files[name] == text })
	return changed, nil
}
