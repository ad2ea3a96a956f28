package bench

import (
	"fmt"
	"slices"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/results/journal"
)

// Which exported models a run keeps: of all experiments, of those that were kept
// and of the baseline, or the champion's alone. Figures, diffs and logs stay in any
// case.
const (
	ExportsAll      = "all"
	ExportsKept     = "kept"
	ExportsChampion = "champion"
)

// keepsExport tells whether a decided experiment's export stays.
func (s Settings) keepsExport(e journal.Experiment, champion int) bool {
	switch s.KeepExports {
	case ExportsKept:
		return e.Status.Kept()
	case ExportsChampion:
		return e.Number == champion
	}
	return true
}

// PruneExports removes the exports of experiments that the settings don't keep,
// and, unless all are kept, those of further seeds once they are measured. Those of
// fresh seeds wait for the end of the final check.
func (b *Bench) PruneExports(checked bool, experiments ...journal.Experiment) error {
	if b.Settings.KeepExports == "" || b.Settings.KeepExports == ExportsAll {
		return nil
	}
	champion, _ := journal.Best(b.Record.Experiments())
	paired := journal.PairedSeeds(b.Record.Run(), max(1, b.Record.Run().Rule.MaxSeeds))
	for _, e := range experiments {
		if e.Failure != nil && e.Failure.Class == journal.FailureTooGood {
			continue // a person is to look at it
		}
		for _, trial := range e.Trials {
			stays := trial.Seed == paired[0] && b.Settings.keepsExport(e, champion.Number)
			measured := trial.EvalPPL.Valid() && (checked || slices.Contains(paired, trial.Seed))
			needed := e.Status == journal.StatusRunning || (e.Status.Kept() && !measured)
			if stays || needed {
				continue
			}
			if err := lab.RemoveExport(b.Folder.Trial(e.Number, trial.Seed, paired[0])); err != nil {
				return fmt.Errorf("remove an export that --keep-exports %s doesn't keep: %w", b.Settings.KeepExports, err)
			}
		}
	}
	return nil
}
