package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/workspace/build"
	"github.com/ternlab/ternlab/workspace/diskuse"
	"github.com/ternlab/ternlab/workspace/edit"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// The commands that are built, from the module's root.
const (
	trainerPackage   = "./trainer"                    // the candidate's
	evaluatorPackage = "./trainer/evaluate/evaluator" // the fixed one
)

// Recipe is a source tree with a trainer of its own.
type Recipe struct {
	Name    string            // What its program is called in the run's folder: [ForExperiment], or its commit.
	Commit  string            // The source tree.
	Changed map[string]string // Mutable files that differ, by their path from the root.
}

// ForExperiment names the program of an experiment that isn't decided yet.
func ForExperiment(number int) string { return fmt.Sprintf("experiment-%d", number) }

// Program is a recipe's trainer.
type Program struct{ binary string }

// Checksum is the program's SHA-256, hexadecimal.
func (p Program) Checksum() (string, error) {
	sum, err := Checksum(p.binary)
	if err != nil {
		return "", fmt.Errorf("take the checksum of the trainer: %w", err)
	}
	return sum, nil
}

// Prepare does what is needed before the first build and trial of a run: it finds out
// what keeps candidates in, builds the evaluator from the run's base commit, so that a
// candidate's tree never has a say in it, asks that what the preset is, and seals what
// verdicts rest on. With holdout it takes that text from a base commit which has one.
func (l *Lab) Prepare(ctx context.Context, base string, holdout bool) error {
	kept, err := l.enclose(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Stat(l.folder.Evaluator()); err != nil {
		l.screen.Say("building evaluator and trainer; the first time on a machine this takes a minute or two")
	}
	l.screen.Doing("building the evaluator")
	work := l.folder.Work()
	if err := l.repository.Checkout(base, work); err != nil {
		return err
	}
	toolchain, err := build.Detect(ctx, work)
	if err != nil {
		return err
	}
	if err := toolchain.Build(ctx, work, evaluatorPackage, l.folder.Evaluator()); err != nil {
		return fmt.Errorf("build the evaluator of %s: %w", line.Commit(base), err)
	}
	if l.preset, err = l.describe(ctx); err != nil {
		return err
	}
	if holdout && len(l.preset.TrainFiles) == 0 { // it is of the embedded preset
		if err := l.takeHoldout(work); err != nil {
			return err
		}
	}
	if err := build.HideUnseen(work); err != nil {
		return err
	}
	if l.toolchain, err = toolchain.ForCandidates(kept, l.folder.Cache()); err != nil {
		return err
	}
	if err := l.toolchain.Fill(ctx, work, trainerPackage); err != nil {
		return fmt.Errorf("build the trainer of %s: %w", line.Commit(base), err)
	}
	l.seal, err = l.newSeal()
	return err
}

// enclose finds out what keeps candidates in, says so, and hides what this process
// knows from others.
func (l *Lab) enclose(ctx context.Context) (sandbox.Sandbox, error) {
	found, err := l.runner.Enclose(ctx)
	if err != nil {
		return found, err
	}
	l.screen.Say("sandbox: " + found.String())
	if found.Missed != "" {
		l.screen.Say("  no stricter one works here (" + found.Missed + ")")
	}
	return found, sandbox.HideMemory()
}

// takeHoldout puts the holdout text of an older base commit where candidates don't
// reach.
func (l *Lab) takeHoldout(work string) error {
	err := copyFile(filepath.Join(work, "trainer", "prepare", "unseen", "holdout.txt"), l.folder.Holdout(), 0o600)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("prepare the holdout text: %w", err)
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

// Format returns files as gofmt would have them. It is a fault where one isn't Go.
func (l *Lab) Format(ctx context.Context, files map[string]string) (map[string]string, error) {
	formatted, err := l.toolchain.Format(ctx, files)
	if refused := new(build.Error); errors.As(err, &refused) {
		return nil, &FaultError{NoBuild, err}
	}
	return formatted, err
}

// Build builds a recipe's program, in the sandbox. A recipe that doesn't build, or
// needs what it may not have, is at fault.
func (l *Lab) Build(ctx context.Context, recipe Recipe) (Program, error) {
	program := l.program(recipe.Name)
	work := l.folder.Work()
	if err := l.repository.Checkout(recipe.Commit, work); err != nil {
		return program, err
	}
	if err := writeFiles(work, recipe.Changed); err != nil {
		return program, err
	}
	if err := build.HideUnseen(work); err != nil {
		return program, err
	}
	err := l.toolchain.Build(ctx, work, trainerPackage, program.binary)
	if refused := new(edit.GuardError); errors.As(err, &refused) {
		return program, &FaultError{Guarded, err}
	}
	if refused := new(build.Error); errors.As(err, &refused) {
		return program, l.disk.blame(&FaultError{NoBuild, err})
	}
	return program, err
}

func (l *Lab) program(name string) Program { return Program{l.folder.TrainerOf(name)} }

// Find returns the program of that name, if it was built and is still there.
func (l *Lab) Find(name string) (Program, bool) {
	program := l.program(name)
	_, err := os.Stat(program.binary)
	return program, err == nil
}

// Rename gives a program another name, if it is there; else it will be built when it
// is needed.
func (l *Lab) Rename(from, to string) error {
	old, renamed := filepath.Dir(l.program(from).binary), filepath.Dir(l.program(to).binary)
	if _, err := os.Stat(old); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := errors.Join(diskuse.RemoveAll(renamed), os.Rename(old, renamed)); err != nil {
		return fmt.Errorf("keep the trainer %s: %w", to, err)
	}
	return nil
}

// Remove removes the program of that name, if it is there.
func (l *Lab) Remove(name string) error {
	if err := diskuse.RemoveAll(filepath.Dir(l.program(name).binary)); err != nil {
		return fmt.Errorf("remove the trainer %s: %w", name, err)
	}
	return nil
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
