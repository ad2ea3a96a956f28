package loop

import (
	"context"
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

// prune removes the exports that the candidate's verdict has made superfluous: its
// own or the champion's before it.
func (l *Loop) prune(_ context.Context, c *candidate) error {
	known := l.record.Experiments()
	return l.pruneExports(false, known[c.number], known[c.champion])
}

// pruneExports removes the exports of experiments that the settings don't keep,
// and, unless all are kept, those of further seeds once they are measured. Those of
// fresh seeds wait for the end of the final check.
func (l *Loop) pruneExports(checked bool, experiments ...journal.Experiment) error {
	if l.settings.KeepExports == "" || l.settings.KeepExports == ExportsAll {
		return nil
	}
	champion, _ := journal.Best(l.record.Experiments())
	paired := journal.PairedSeeds(l.record.Run(), max(1, l.record.Run().Rule.MaxSeeds))
	for _, e := range experiments {
		if e.Failure != nil && e.Failure.Class == journal.FailureTooGood {
			continue // a person is to look at it
		}
		for _, trial := range e.Trials {
			stays := trial.Seed == paired[0] && l.settings.keepsExport(e, champion.Number)
			measured := trial.EvalPPL.Valid() && (checked || slices.Contains(paired, trial.Seed))
			needed := e.Status == journal.StatusRunning || (e.Status.Kept() && !measured)
			if stays || needed {
				continue
			}
			if err := lab.RemoveExport(l.folder.Trial(e.Number, trial.Seed, paired[0])); err != nil {
				return fmt.Errorf("remove an export that --keep-exports %s doesn't keep: %w", l.settings.KeepExports, err)
			}
		}
	}
	return nil
}
