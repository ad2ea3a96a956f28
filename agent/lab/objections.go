package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/workspace/build"
	"github.com/ternlab/ternlab/workspace/diskuse"
	"github.com/ternlab/ternlab/workspace/edit"
	"github.com/ternlab/ternlab/workspace/mutable"
	"github.com/ternlab/ternlab/workspace/repo"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// Objections is all that the guard has against the mutable files of a commit, beside
// those of a run's base commit, whether the run made them or a person. It needs
// nothing of the run but its folder, so the run may be an old one, or go on meanwhile.
// That something can't be checked is an objection, too.
func Objections(ctx context.Context, repository *repo.Repository, folder runs.Folder, base, commit string) ([]string, error) {
	before, err := repository.MutableFiles(base)
	if err != nil {
		return nil, err
	}
	after, err := repository.MutableFiles(commit)
	if err != nil {
		return nil, err
	}
	var objections []string
	for _, refused := range edit.GuardTree(before, after) {
		objections = append(objections, refused.Error())
	}
	if len(objections) > 0 { // what has an odd shape isn't looked into any further
		return objections, nil
	}
	objections, err = typeObjections(ctx, repository, folder, base, after)
	if err != nil && ctx.Err() == nil {
		return []string{"the types of its expressions can't be checked: " + err.Error()}, nil
	}
	return objections, err
}

// typeObjections checks the types of the trainer that the base commit's tree has with
// those mutable files, in a copy that is removed afterwards.
func typeObjections(ctx context.Context, repository *repo.Repository, folder runs.Folder, base string, files map[string]string) (objections []string, err error) {
	scratch, err := os.MkdirTemp(string(folder), ".check-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to check in: %w", err)
	}
	defer func() { err = errors.Join(err, diskuse.RemoveAll(scratch)) }()
	work := filepath.Join(scratch, "work")
	if err := repository.Checkout(base, work); err != nil {
		return nil, err
	}
	toolchain, err := fittingToolchain(ctx, folder, scratch, work)
	if err != nil {
		return nil, err
	}
	if err := toolchain.Fill(ctx, work, trainerPackage); err != nil {
		return nil, fmt.Errorf("build the trainer of %s: %w", line.Commit(base), err)
	}
	if err := replaceMutable(work, files); err != nil {
		return nil, err
	}
	err = toolchain.Check(ctx, work, trainerPackage)
	refused, broken := new(edit.GuardError), new(build.Error)
	switch {
	case errors.As(err, &refused):
		return []string{refused.Error()}, nil
	case errors.As(err, &broken):
		return []string{"it does not compile: " + broken.Error()}, nil
	}
	return nil, err
}

// fittingToolchain knows the packages of the run's base commit from the run's build
// cache or, where that is gone, from one in the scratch folder.
func fittingToolchain(ctx context.Context, folder runs.Folder, scratch, work string) (build.CandidateToolchain, error) {
	none := build.CandidateToolchain{}
	toolchain, err := build.Detect(ctx, work)
	if err != nil {
		return none, err
	}
	if err := build.HideUnseen(work); err != nil {
		return none, err
	}
	kept, err := sandbox.Detect(ctx, sandbox.Auto)
	if errors.Is(err, sandbox.ErrNone) {
		kept, err = sandbox.Sandbox{Level: sandbox.Off}, nil // source is read, and nothing of it is run
	}
	if err != nil {
		return none, err
	}
	fitting, err := toolchain.ForCandidates(kept, folder.Cache())
	if err != nil || fitting.IsFilled() {
		return fitting, err
	}
	return toolchain.ForCandidates(kept, filepath.Join(scratch, "cache"))
}

// replaceMutable makes the mutable files of a source tree those given.
func replaceMutable(work string, files map[string]string) error {
	present, err := filepath.Glob(filepath.Join(work, "trainer", "*.go"))
	if err != nil {
		return fmt.Errorf("list the mutable files: %w", err)
	}
	for _, file := range present {
		if !mutable.Is("trainer/" + filepath.Base(file)) {
			continue
		}
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("remove a mutable file: %w", err)
		}
	}
	return writeFiles(work, files)
}
