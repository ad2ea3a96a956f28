package loop

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/backend/places"
	"github.com/ternlab/ternlab/workspace"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// enclose finds out what keeps candidates in, says so, and hides what this process
// knows from others.
func (l *Loop) enclose(ctx context.Context) error {
	found, err := sandbox.Detect(ctx, l.settings.Sandbox)
	if err != nil {
		return err
	}
	l.sandbox = found
	l.screen.Say("sandbox: " + found.String())
	if found.Missed != "" {
		l.screen.Say("  no stricter one works here (" + found.Missed + ")")
	}
	return sandbox.HideMemory()
}

// trainerGrant is all that a candidate's trainer reaches: its own file, the
// preset's model and training text, backends; it writes to out alone. The
// evaluation text, the run's records, the repository and the user's files are not
// among it.
func (l *Loop) trainerGrant(t *training) sandbox.Grant {
	grant := TrainerGrant(t.binary, l.backendFiles(), l.presetFolder())
	grant.Read = sandbox.WithoutHolders(grant.Read, l.protected())
	grant.Write = []string{t.out()}
	grant.Limits.MemoryBytes /= uint64(max(1, t.abreast)) //nolint:gosec // it is a small number
	return grant
}

// evaluatorGrant is all that the evaluator reaches while it measures one model, which
// may have been made to break it: its own file, the model, the preset and the text,
// backends. It writes nothing.
func (l *Loop) evaluatorGrant(t *training, model, text string) sandbox.Grant {
	grant := TrainerGrant(l.folder.Evaluator(), l.backendFiles(), l.presetFolder(), model, l.evaluationText())
	if text != "" {
		grant.Read = append(grant.Read, text)
	}
	grant.Read = sandbox.WithoutHolders(grant.Read, l.protected())
	grant.Limits.FileBytes = 1 << 20
	if grant.Limits.MemoryBytes > 0 {
		grant.Limits.MemoryBytes = min(grant.Limits.MemoryBytes/uint64(max(1, t.abreast)), //nolint:gosec // it is a small number
			evaluationMemory(l.baselineEvaluation().EvaluationGB))
	}
	return grant
}

// evaluationMemory is the most that an evaluation may take, in bytes, where the
// baseline's took so much, in 10^9 bytes: all models of a run are of the same
// architecture, so what one takes is what each takes. Threads' stacks, which grow
// with the machine, come on top. Without the baseline's there is no limit of its own.
func evaluationMemory(baseline table.Measure) uint64 {
	const times, least, thread = 3, 2 << 30, 32 << 20
	if !(baseline > 0) {
		return math.MaxUint64
	}
	return max(least, uint64(times*float64(baseline)*1e9)) + thread*uint64(runtime.NumCPU()) //nolint:gosec // it is positive
}

// evaluationTimeout is the longest time of an evaluation, by the baseline's.
func (l *Loop) evaluationTimeout(abreast int) time.Duration {
	if took := l.baselineEvaluation().EvaluationS; took > 0 {
		return l.settings.timeoutAfter(took, abreast)
	}
	return l.settings.timeoutAfter(l.baselineTime(), abreast)
}

// baselineEvaluation is the baseline's first training, with what measuring it took;
// zero before that.
func (l *Loop) baselineEvaluation() journal.Trial {
	if !HasBaseline(l.known()) {
		return journal.Trial{}
	}
	trial, _ := l.known()[0].Trial(journal.PairedSeed(l.run, 1))
	return trial
}

// evaluationText is the file of a prepared preset's evaluation text. Nano's is in the
// evaluator.
func (l *Loop) evaluationText() string {
	return filepath.Join(filepath.Dir(l.presetFolder()), "wikitext_eval.json")
}

// presetFolder is where a prepared preset lies, without its evaluation text.
func (l *Loop) presetFolder() string {
	_, data, _ := strings.Cut(l.dataEnv()[0], "=")
	return filepath.Join(data, l.run.Preset)
}

// trainerDisk is the most that one training may leave, in bytes: many snapshots of
// a model of SmolLM's size.
const trainerDisk = 20 << 30

// TrainerGrant is what a trainer's binary has to read, wherever it writes: presets,
// and what its backend needs.
func TrainerGrant(trainer string, needs places.Files, presets ...string) sandbox.Grant {
	grant := sandbox.Grant{
		Read:    slices.Concat([]string{trainer}, presets, needs.Read, needs.System),
		Devices: needs.Devices,
		Limits:  sandbox.Limits{MemoryBytes: workspace.MachineMemory() / 10 * 9, FileBytes: 4 << 30, Threads: 4096, OpenFiles: 1024},
	}
	if len(needs.Devices) > 0 {
		grant.Processes = true       // XLA's compiler for CUDA starts the assembler
		grant.Limits.MemoryBytes = 0 // the driver reserves far more than it takes
	}
	return grant
}

// backendFiles is what the run's backend needs on this machine.
func (l *Loop) backendFiles() places.Files { return places.This().Files(l.run.Backend) }

// protected are the folders that no program of a run may be granted, nor one that
// holds them, whatever the environment names for plugins, libraries or compilers.
func (l *Loop) protected() []string {
	folders := []string{l.repository.Root(), string(l.folder), filepath.Dir(l.presetFolder())}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, home)
	}
	return folders
}
