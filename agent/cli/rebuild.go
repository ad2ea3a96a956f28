package cli

import (
	"errors"
	"fmt"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/results/journal"
)

func newRebuildCommand(a *app) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Write a run's tables anew from its journal",
		Long: `rebuild writes runs/TAG/results.tsv and runs/TAG/experiments.tsv anew from
runs/TAG/journal.jsonl, byte for byte as the run wrote them. The journal itself
is only read; if it is damaged, rebuild names the line and changes nothing.`,
		Example: `  agent rebuild
  agent rebuild --tag nov24`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runRebuild(a, o) },
	}
	o.addTag(cmd)
	return cmd
}

func runRebuild(a *app, o readOptions) (err error) {
	v, err := o.open(a)
	if err != nil {
		return err
	}
	lock := flock.New(v.folder.Lock())
	free, err := lock.TryRLock()
	if err != nil {
		return fmt.Errorf("lock run %s: %w", v.run.Tag, err)
	}
	if !free {
		return fmt.Errorf("run %s is going on and keeps its tables up to date itself; rebuild them when it has ended", v.run.Tag)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	// Read again: the run may have gone on until we had the lock.
	if v.run, v.experiments, err = v.folder.Load(); err != nil {
		return err
	}
	if err := journal.WriteFiles(string(v.folder), v.run, v.experiments); err != nil {
		return err
	}
	a.print("run %s: wrote %s and %s anew from %d experiments\n", v.run.Tag, journal.RowsFile, journal.SummaryFile, len(v.experiments))
	return nil
}
