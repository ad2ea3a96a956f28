package assemble

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/hub"
)

// ShuffleBuffer is the number of stories that are shuffled among each other.
const ShuffleBuffer = 10_000

// Options say what to prepare. Revisions are branches, tags or commits.
type Options struct {
	Data          string // folder
	ModelRevision string
	TrainRevision string
	EvalRevision  string
	TrainTokens   int    // 0 is all there are
	Seed          uint64 // of the stories' order
}

// Unit is what a task is counted in.
type Unit int

// The units.
const (
	Bytes Unit = iota
	Tokens
)

// Progress is told how far the work is.
type Progress interface {
	// Begin starts a task of which done of total units are there already; a
	// total of 0 isn't known.
	Begin(task string, unit Unit, done, total int64)
	Update(done int64)
	End()
}

// work is one run of preparing.
type work struct {
	Options
	spec     prepare.Spec
	hub      *hub.Client
	progress Progress
	folder   string // of the preset
	plan     plan
}

// Preset makes a preset that is fetched, or what is missing of it.
func Preset(ctx context.Context, client *hub.Client, spec prepare.Spec, options Options, progress Progress) error {
	w := &work{Options: options, spec: spec, hub: client, progress: progress, folder: filepath.Join(options.Data, spec.Name)}
	if err := os.MkdirAll(w.folder, 0o755); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	lock := flock.New(filepath.Join(w.folder, ".lock"))
	free, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock data folder: %w", err)
	}
	if !free {
		return fmt.Errorf("lock %s: another `trainer prepare` is at work there; wait for it or name another folder by --data", w.folder)
	}
	defer func() { _ = lock.Unlock() }()
	for _, step := range []func(context.Context) error{w.makePlan, w.checkSpace, w.fetchModel, w.makeEvalText, w.makeTrainText} {
		if err := step(ctx); err != nil {
			return explain(err)
		}
	}
	return os.RemoveAll(w.downloads())
}

// explain says what to do about a full disk.
func explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) && !errors.Is(err, hub.ErrDiskFull) {
		return fmt.Errorf("%w: %w; free some space, then run the same command again: it goes on from here", hub.ErrDiskFull, err)
	}
	return err
}

// downloads is the folder of files that are needed for a while.
func (w *work) downloads() string { return filepath.Join(w.folder, "fetch") }

// fetch makes path hold a file of the hub, with progress.
func (w *work) fetch(ctx context.Context, file hub.File, path string) error {
	w.progress.Begin(filepath.Base(path), Bytes, hub.Fetched(path), file.Size)
	defer w.progress.End()
	return w.hub.Fetch(ctx, file, path, w.progress.Update)
}

// fetchModel fetches the model and checks that we can read it.
func (w *work) fetchModel(ctx context.Context) error {
	for _, file := range w.plan.Model.Files {
		if err := w.fetch(ctx, file, filepath.Join(w.folder, file.Name)); err != nil {
			return err
		}
	}
	config, err := os.ReadFile(filepath.Join(w.folder, "config.json"))
	if err != nil {
		return fmt.Errorf("check model: %w", err)
	}
	if _, err := llama.ParseConfig(config); err != nil {
		return fmt.Errorf("check model of revision %s: %w", w.ModelRevision, err)
	}
	_, err = w.tokenizer()
	return err
}

func (w *work) tokenizer() (prepare.Tokenizer, error) {
	return prepare.ReadTokenizer(os.DirFS(w.folder))
}
