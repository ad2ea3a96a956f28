package loop

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/ternlab/ternlab/results"
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
	grant := TrainerGrant(t.binary, l.presetFolder(), l.run.Backend)
	grant.Write = []string{t.out()}
	grant.Limits.MemoryBytes /= uint64(max(1, t.abreast)) //nolint:gosec // it is a small number
	return grant
}

// evaluatorGrant is all that the evaluator reaches while it measures one model, which
// may have been made to break it: its own file, the model, the preset and the text,
// backends. It writes nothing.
func (l *Loop) evaluatorGrant(t *training, model, text string) sandbox.Grant {
	grant := TrainerGrant(l.folder.Evaluator(), l.presetFolder(), l.run.Backend)
	grant.Read = append(grant.Read, model, l.evaluationText())
	if text != "" {
		grant.Read = append(grant.Read, text)
	}
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
func evaluationMemory(baseline results.Measure) uint64 {
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
func (l *Loop) baselineEvaluation() results.Trial {
	if !HasBaseline(l.known()) {
		return results.Trial{}
	}
	trial, _ := l.known()[0].Trial(results.PairedSeed(l.run, 1))
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

// TrainerGrant is what a trainer's binary has to read, wherever it writes.
func TrainerGrant(trainer, preset, backend string) sandbox.Grant {
	grant := sandbox.Grant{
		Read:   append([]string{trainer, preset}, pluginFolders()...),
		Limits: sandbox.Limits{MemoryBytes: workspace.MachineMemory() / 10 * 9, FileBytes: 4 << 30, Threads: 4096, OpenFiles: 1024},
	}
	if UsesGPU(backend) {
		grant.Devices = gpus()
		grant.Read = append(grant.Read, "/proc/driver/nvidia", "/sys/module/nvidia", "/sys/bus/pci", "/sys/devices")
		grant.Processes = true       // XLA's compiler for CUDA starts the assembler
		grant.Limits.MemoryBytes = 0 // the driver reserves far more than it takes
	}
	return grant
}

// UsesGPU tells whether trainings with that backend may use a GPU of this machine.
func UsesGPU(backend string) bool {
	return len(gpus()) > 0 && backend != "go" && backend != "xla"
}

// gpus are the machine's device files.
func gpus() []string { return slices.Concat(matches("/dev/nvidia*"), matches("/dev/dri/*")) }

// pluginFolders are where the trainer looks for backends' plugins, and these for
// their libraries.
func pluginFolders() []string {
	folders := []string{"/usr/local/cuda", "/opt/homebrew/lib"}
	if plugin := os.Getenv("PJRT_PLUGIN"); plugin != "" {
		folders = append(folders, filepath.Dir(plugin))
	}
	for _, variable := range []string{"PJRT_PLUGIN_LIBRARY_PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		folders = append(folders, filepath.SplitList(os.Getenv(variable))...)
	}
	prefixes := []string{os.Getenv("VIRTUAL_ENV"), os.Getenv("CONDA_PREFIX")}
	if python, err := exec.LookPath("python3"); err == nil {
		prefixes = append(prefixes, filepath.Dir(filepath.Dir(python)))
	}
	if home, err := os.UserHomeDir(); err == nil {
		prefixes = append(prefixes, filepath.Join(home, ".local"))
		folders = append(folders, filepath.Join(home, ".pyenv", "versions"), filepath.Join(home, "Library", "Application Support", "go-xla"))
	}
	for _, prefix := range prefixes {
		if prefix != "" {
			folders = append(folders, filepath.Join(prefix, "lib"))
		}
	}
	return slices.DeleteFunc(folders, func(folder string) bool { return !filepath.IsAbs(folder) || folder == "/lib" || folder == "/" })
}

func matches(pattern string) []string {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil // the patterns above are well formed
	}
	return found
}
