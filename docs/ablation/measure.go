package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ternlab/ternlab/results"
)

// measurement is a variant and eval_ppl of its seeds, NaN where the training
// failed and 0 where it wasn't run.
type measurement struct {
	variant
	evalPPL []float64
}

// measure trains all variants, the last first, for long trainings are there, and
// the first seed of all before the second.
func measure(ctx context.Context, o options, folder string, variants []variant) ([]measurement, error) {
	measured := make([]measurement, len(variants))
	for i, v := range variants {
		measured[i] = measurement{v, make([]float64, o.seeds)}
	}
	log, err := openTable(o.table)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	var done sync.Mutex
	var group errgroup.Group
	group.SetLimit(o.jobs)
	for seed := range o.seeds {
		for i := len(variants) - 1; i >= 0; i-- {
			group.Go(func() error {
				if ctx.Err() != nil || o.limit > 0 && time.Since(started) > o.limit {
					return ctx.Err()
				}
				out := filepath.Join(folder, fmt.Sprintf("%d-%d", i, seed))
				evalPPL, err := train(ctx, o, variants[i], seed+1, out)
				if err != nil {
					return err
				}
				measured[i].evalPPL[seed] = evalPPL
				done.Lock()
				defer done.Unlock()
				_, err = fmt.Fprintf(log, "%s\t%s\t%d\t%.2f\n", variants[i].knob, variants[i].value, seed+1, evalPPL)
				return err
			})
		}
	}
	return measured, errors.Join(group.Wait(), log.Close())
}

// openTable makes the file for a line per training; without a name they go to
// stderr.
func openTable(name string) (io.WriteCloser, error) {
	if name == "" {
		return os.Stderr, nil
	}
	return os.Create(name)
}

// train runs one training and reads eval_ppl of its last step, which is its
// export's. A training that fails has none.
func train(ctx context.Context, o options, v variant, seed int, out string) (float64, error) {
	defer func() { _ = os.RemoveAll(out) }() // the whole folder goes at the end
	steps := fmt.Sprint(o.steps)
	arguments := []string{
		"--preset", o.preset, "--steps", steps, "--eval-every", steps, "--seed", fmt.Sprint(seed), "--backend", o.backend,
		"--out", out, "--progress", "plain",
	}
	for _, setting := range v.set {
		arguments = append(arguments, "--set", setting)
	}
	message, err := exec.CommandContext(ctx, o.trainer, arguments...).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		fmt.Fprintf(os.Stderr, "%s %s: %s", v.knob, v.value, message)
		return math.NaN(), nil
	case err != nil:
		return 0, fmt.Errorf("run the trainer with %s: %w: %s", strings.Join(v.set, " "), err, message)
	}
	file, err := os.Open(filepath.Join(out, "results.tsv"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }() // it was only read
	rows, err := results.ReadRows(file)
	if err != nil || len(rows) == 0 {
		return 0, fmt.Errorf("read results of %s %s: %w", v.knob, v.value, err)
	}
	return float64(rows[len(rows)-1].EvalPPL), nil
}
