package lab

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/workspace/build"
	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/repo"
)

// Protocol is what all trials of a run have in common.
type Protocol struct {
	Contract      int    // Version of package contract that the base commit speaks; 0 is none.
	Preset        string // As the trainer's --preset takes it.
	Backend       string // As the trainer's --backend takes it.
	Steps         int    // Optimizer steps of a training.
	EvalEvery     int    // Steps between evaluations.
	EvalTokens    int    // Of a text, how many are measured; 0: all.
	GroupFallback bool   // Layers that a group size doesn't fit take a smaller one.
	// TellsExports is whether the evaluator is told what an export may hold. One of a
	// run that was begun before there were such flags doesn't know them.
	TellsExports bool
}

// Screen shows people what takes time. Its methods are used by several goroutines at
// once.
type Screen interface {
	// Say shows a line that stays.
	Say(line string)
	// Doing shows what takes time now, until the next line is shown.
	Doing(what string)
}

// Lab is what a run's experiments are made in.
type Lab struct {
	protocol   Protocol
	folder     runs.Folder
	data       string // where the user's prepared presets are
	repository *repo.Repository
	runner     Runner
	screen     Screen
	disk       Disk

	toolchain build.CandidateToolchain
	preset    contract.Preset
	seal      Seal
}

// New returns the lab of a run whose programs are to run with that runner.
func New(folder runs.Folder, repository *repo.Repository, runner Runner, screen Screen, protocol Protocol) *Lab {
	return &Lab{
		protocol: protocol, folder: folder, data: DataFolder(repository.Root()), repository: repository,
		runner: runner, screen: screen, disk: Disk{string(folder)},
	}
}

// DataFolder is where the prepared presets are of the user whose checkout has that
// root: TERNLAB_DATA, or data in the checkout.
func DataFolder(root string) string {
	folder := cmp.Or(os.Getenv(dataVariable), "data")
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(root, folder)
	}
	return folder
}

const dataVariable = "TERNLAB_DATA"

// environment tells trainer and evaluator, which run in other folders, where the
// presets are.
func (l *Lab) environment() []string { return []string{dataVariable + "=" + l.data} }

// run runs a job with what all jobs of a lab have in common.
func (l *Lab) run(ctx context.Context, job Job) (proc.Exit, error) {
	job.Env = append(l.environment(), job.Env...)
	job.Backend = l.protocol.Backend
	return l.runner.Run(ctx, job)
}
