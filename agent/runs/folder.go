package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace/repo"
)

// ErrNoRun says that no run of that tag, or no run at all, was started here.
var ErrNoRun = errors.New("no such run")

// Folder is the folder of one run, runs/<tag> in the user's checkout.
type Folder string

// NewFolder returns the folder of the run with that tag, which need not exist.
func NewFolder(root, tag string) Folder {
	return Folder(filepath.Join(root, "runs", tag))
}

// Tag is the run's.
func (f Folder) Tag() string { return filepath.Base(string(f)) }

// Journal is the run's record, the truth that the other files are made from.
func (f Folder) Journal() string { return filepath.Join(string(f), journal.JournalFile) }

// Lock is held by the one agent that writes the run.
func (f Folder) Lock() string { return filepath.Join(string(f), "lock") }

// Processes lists the run's programs that are running.
func (f Folder) Processes() string { return filepath.Join(string(f), "processes.json") }

// Work is the run's own copy of the source tree, where candidates are built.
func (f Folder) Work() string { return filepath.Join(string(f), "work") }

// Evaluator is the evaluator's binary, built from the run's base commit.
func (f Folder) Evaluator() string { return filepath.Join(string(f), "bin", "evaluator") }

// Trainer is the binary of an experiment that isn't decided yet.
func (f Folder) Trainer(number int) string {
	return f.TrainerOf("experiment-" + strconv.Itoa(number))
}

// Cache holds the compiled packages that candidates are built from.
func (f Folder) Cache() string { return filepath.Join(string(f), "cache") }

// TrainerOf is the binary of a commit's trainer, for reruns.
func (f Folder) TrainerOf(commit string) string {
	return filepath.Join(string(f), "bin", commit, "trainer")
}

// Unseen is the folder of the final checks' texts, and of the seeds that they are made
// from. No candidate and no build of one is granted anything there.
func (f Folder) Unseen() string { return filepath.Join(string(f), "unseen") }

// Seed is the file of the seed of a secret text.
func (f Folder) Seed(text string) string { return filepath.Join(f.Unseen(), text+".seed") }

// Text is the file of a text of final checks.
func (f Folder) Text(text string) string { return filepath.Join(f.Unseen(), text+".txt") }

// Holdout is the text of the final check of a run that has no others, from its base
// commit.
func (f Folder) Holdout() string { return filepath.Join(string(f), "bin", "holdout.txt") }

// Experiment is the folder of one experiment's own files.
func (f Folder) Experiment(number int) string {
	return filepath.Join(string(f), "experiments", strconv.Itoa(number))
}

// Handling says which of an experiment's answers are in hand, and how often the agent
// ended in the midst of that.
func (f Folder) Handling(number int) string {
	return filepath.Join(f.Experiment(number), "handling.json")
}

// Output is the one folder that an experiment's training may write to. Nothing
// there is to be trusted, not even that a file is a file.
func (f Folder) Output(number int) string { return filepath.Join(f.Experiment(number), "out") }

// Trial is the folder of an experiment's training on a seed: of the first seed
// the experiment's own.
func (f Folder) Trial(number int, seed, first uint64) string {
	if seed == first {
		return f.Experiment(number)
	}
	return filepath.Join(f.Experiment(number), "seed-"+strconv.FormatUint(seed, 10))
}

// Export is the folder of an experiment's ternary model.
func (f Folder) Export(number int) string { return filepath.Join(f.Output(number), "export") }

// TrainLog holds what an experiment's training printed.
func (f Folder) TrainLog(number int) string { return filepath.Join(f.Experiment(number), "train.log") }

// Load reads a run from its journal. The error is ErrNoRun where there is none.
// It may be called while an agent writes the run.
func (f Folder) Load() (journal.Run, []journal.Experiment, error) {
	records, err := journal.Read(f.Journal())
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(records) == 0) {
		return journal.Run{}, nil, fmt.Errorf("%w: %s", ErrNoRun, filepath.Base(string(f)))
	}
	if err != nil {
		return journal.Run{}, nil, err
	}
	run, experiments, err := journal.Fold(records)
	if err == nil {
		err = repo.ValidateTag(run.Tag) // a journal may have come from somebody else
	}
	return run, experiments, err
}

// Tags lists the runs below root, the one that was written last first.
func Tags(root string) ([]string, error) {
	tree := os.DirFS(root)
	journals, err := fs.Glob(tree, path.Join("runs", "*", journal.JournalFile))
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	written := make(map[string]time.Time, len(journals))
	tags := make([]string, 0, len(journals))
	for _, journal := range journals {
		info, err := fs.Stat(tree, journal)
		if err != nil {
			return nil, fmt.Errorf("list runs: %w", err)
		}
		if info.Size() == 0 {
			continue // nothing was ever recorded
		}
		tag := path.Base(path.Dir(journal))
		if repo.ValidateTag(tag) != nil {
			continue // no agent has made it
		}
		written[tag] = info.ModTime()
		tags = append(tags, tag)
	}
	slices.SortStableFunc(tags, func(a, b string) int { return written[b].Compare(written[a]) })
	return tags, nil
}
