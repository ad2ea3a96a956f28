package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ternlab/ternlab/results/table"
)

// measurement is a variant and what came of each seed.
type measurement struct {
	variant
	figures []figure
}

// measure trains all variants, the last first, for long trainings are there, and
// the first seed of all before the second. What the log has isn't trained again.
func measure(ctx context.Context, o options, folder string, variants []variant, log *log) ([]measurement, error) {
	measured := make([]measurement, len(variants))
	for i, v := range variants {
		measured[i] = measurement{v, make([]figure, o.seeds)}
	}
	shares := make(chan []int, o.jobs)
	for _, share := range processorShares(o.jobs) {
		shares <- share
	}
	started := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.jobs)
	for seed := range o.seeds {
		for i := len(variants) - 1; i >= 0; i-- {
			if found, ok := log.find(variants[i], seed+1); ok {
				measured[i].figures[seed] = found
				continue
			}
			group.Go(func() error {
				if ctx.Err() != nil || o.limit > 0 && time.Since(started) > o.limit {
					return ctx.Err()
				}
				share := <-shares
				defer func() { shares <- share }()
				trained, err := train(ctx, o, variants[i], seed+1, filepath.Join(folder, fmt.Sprintf("%d-%d", i, seed)), share)
				if err != nil {
					return err
				}
				measured[i].figures[seed] = trained
				fmt.Fprintf(os.Stderr, "%4.0f s  %s %s, seed %d: %.2f %s\n",
					time.Since(started).Seconds(), variants[i].knob, variants[i].value, seed+1, trained.evalPPL, trained.failure)
				return log.add(variants[i], seed+1, trained)
			})
		}
	}
	return measured, group.Wait()
}

// train runs one training on some processors and reads eval_ppl of its last step,
// which is its export's.
func train(ctx context.Context, o options, v variant, seed int, out string, processors []int) (figure, error) {
	defer func() { _ = os.RemoveAll(out) }() // the whole folder goes at the end
	steps := fmt.Sprint(o.steps)
	arguments := []string{
		"--preset", o.preset, "--steps", steps, "--eval-every", steps, "--seed", fmt.Sprint(seed), "--backend", o.backend,
		"--out", out, "--progress", "plain",
	}
	if o.data != "" {
		arguments = append(arguments, "--data", o.data)
	}
	for _, setting := range v.set {
		arguments = append(arguments, "--set", setting)
	}
	message, err := output(exec.CommandContext(ctx, o.trainer, arguments...), processors)
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return figure{}, ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == 130: // Ctrl-C reaches the trainer first
		return figure{}, context.Canceled
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return figure{math.NaN(), lastLine(message)}, nil
	case err != nil:
		return figure{}, fmt.Errorf("run the trainer with %s: %w: %s", strings.Join(v.set, " "), err, message)
	}
	file, err := os.Open(filepath.Join(out, "results.tsv"))
	if err != nil {
		return figure{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	rows, err := table.ReadRows(file)
	if err != nil || len(rows) == 0 {
		return figure{}, fmt.Errorf("read results of %s %s: %w", v.knob, v.value, err)
	}
	return figure{evalPPL: float64(rows[len(rows)-1].EvalPPL)}, nil
}

// output runs a command on some processors alone and returns what it printed.
func output(command *exec.Cmd, processors []int) (string, error) {
	var printed strings.Builder
	command.Stdout, command.Stderr = &printed, &printed
	if err := startOn(command, processors); err != nil {
		return "", err
	}
	err := command.Wait()
	return printed.String(), err
}

// lastLine is why a trainer failed, which it says last.
func lastLine(printed string) string {
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	return strings.ReplaceAll(strings.TrimPrefix(lines[len(lines)-1], "trainer: "), "\t", " ")
}
