package loop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace"
	"github.com/ternlab/ternlab/workspace/diskuse"
)

// rerun measures a kept experiment's recipe on a further seed, and there on the
// evaluation text and an unseen one, as far as that wasn't done before.
func (l *Loop) rerun(ctx context.Context, number int, seed uint64, text unseenText) error {
	e := l.known()[number]
	trial, trained := e.Trial(seed)
	if trial.EvalPPL.Valid() && trial.On(text.name).Valid() && trained {
		return nil
	}
	if err := l.mayBegin(ctx); err != nil {
		return err
	}
	defer l.hold(fmt.Sprintf("the training of %s on seed %d", l.nameOf(number), seed))()
	l.screen.Say(fmt.Sprintf("  %s on seed %d", l.nameOf(number), seed))
	files, err := l.repository.MutableFiles(e.Commit)
	if err != nil {
		return err
	}
	t := &training{
		isBaseline: number == 0, before: e.Allotted(), biases: hasBiases(files),
		seed: seed, stream: l.streamOf(number), folder: l.folder.Trial(number, seed, journal.PairedSeed(l.run, 1)),
	}
	if trained { // before an interruption, or before the text was made
		t.reporter = l.screen.Training(l.run.Steps, "")
		if err := l.measureRerun(ctx, number, t, text); asCrash(err) == nil {
			return err
		} // its export has suffered since, or is gone
	}
	err = l.trainAgain(ctx, e, t)
	if err == nil {
		err = l.measureRerun(ctx, number, t, text)
	}
	if failed := asCrash(err); failed != nil {
		return fmt.Errorf("measure %s again, on seed %d: %w", l.nameOf(number), seed, failed.err) // no candidate is at fault
	}
	return err
}

// trainAgain trains a kept experiment's recipe.
func (l *Loop) trainAgain(ctx context.Context, e journal.Experiment, t *training) error {
	var err error
	if t.binary, err = l.trainerOf(ctx, e.Commit); err != nil {
		return err
	}
	trained, err := l.runTraining(ctx, t)
	if err != nil {
		return err
	}
	return l.append(e.Number, trained)
}

// measureRerun measures what a rerun exported, on the texts that it wasn't measured
// on.
func (l *Loop) measureRerun(ctx context.Context, number int, t *training, text unseenText) error {
	defer t.reporter.Report(progress.Event{Kind: progress.Done})
	for _, text := range []unseenText{text, {}} {
		if trial, _ := l.known()[number].Trial(t.seed); trial.On(text.name).Valid() {
			continue
		}
		evaluated, err := l.measureExport(ctx, t, text)
		if err != nil {
			return err
		}
		if err := l.append(number, evaluated); err != nil {
			return err
		}
	}
	if journal.IsFresh(l.run, t.seed) {
		return nil // the final check looks at all of them
	}
	return l.checkReruns(number, []uint64{t.seed}, unseenText{})
}

// nameOf is a kept experiment as people speak of it.
func (l *Loop) nameOf(number int) string {
	if number == 0 {
		return "the baseline"
	}
	return fmt.Sprintf("experiment %d", number)
}

// trainerOf returns the binary of a commit's trainer, and builds it if it was
// not kept.
func (l *Loop) trainerOf(ctx context.Context, commit string) (string, error) {
	binary := l.folder.TrainerOf(commit)
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	l.screen.Doing("building the trainer of " + line.Commit(commit))
	work := l.folder.Work()
	if err := l.repository.Checkout(commit, work); err != nil {
		return "", err
	}
	if err := workspace.HideUnseen(work); err != nil {
		return "", err
	}
	if err := l.toolchain.Build(ctx, work, trainerPackage, binary); err != nil {
		return "", fmt.Errorf("build the trainer of %s again: %w", line.Commit(commit), err)
	}
	return binary, nil
}

// putAway keeps a new champion's binary for reruns, and with it only the
// baseline's. The binary of an experiment that was dropped goes.
func (l *Loop) putAway(c *candidate, commit string) error {
	built := filepath.Dir(l.folder.Trainer(c.number))
	if !c.judged.Status.Kept() {
		return diskuse.RemoveAll(built)
	}
	if _, err := os.Stat(built); errors.Is(err, fs.ErrNotExist) {
		return nil // it will be built when it is needed
	}
	kept := filepath.Dir(l.folder.TrainerOf(commit))
	var err error
	if c.champion > 0 {
		err = diskuse.RemoveAll(filepath.Dir(l.folder.TrainerOf(l.known()[c.champion].Commit)))
	}
	if err = errors.Join(err, diskuse.RemoveAll(kept), os.Rename(built, kept)); err != nil {
		return fmt.Errorf("keep the champion's trainer: %w", err)
	}
	return nil
}

// copyFile copies a file so that the copy is there whole or not at all.
func copyFile(from, to string, mode os.FileMode) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	target, err := os.OpenFile(to+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	if err = errors.Join(err, target.Close()); err != nil {
		return err
	}
	return os.Rename(to+".part", to)
}
