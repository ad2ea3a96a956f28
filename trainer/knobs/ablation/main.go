package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
)

type options struct {
	set     []string
	recipes []string
	only    []string
	trainer string
	commit  string
	recipe  string
	preset  string
	data    string
	backend string
	steps   int
	seeds   int
	jobs    int
	values  int
	limit   time.Duration
	log     string
	out     string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "ablation: interrupted; the same command goes on")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "ablation:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use: "ablation", Short: "Measure what each knob of the recipe does", Args: cobra.NoArgs,
		SilenceUsage: true, SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error { return run(command.Context(), o) },
	}
	flags := command.Flags()
	flags.StringArrayVar(&o.set, "set", nil, "knob of the reference recipe, where it differs from recipe.go: Knob=value; may be repeated")
	flags.StringArrayVar(&o.recipes, "recipe", nil, "instead of one knob at a time, measure this whole recipe: Knob=value,Knob=value…; may be repeated; the first is the reference")
	flags.StringSliceVar(&o.only, "only", nil, "only these knobs")
	flags.StringVar(&o.trainer, "trainer", "", "trainer to run (default: built from this source)")
	flags.StringVar(&o.commit, "commit", "", "commit that the trainer was built from, for the heading (default: what it says of itself)")
	flags.StringVar(&o.recipe, "source", "trainer/recipe.go", "the recipe that the trainer was built with")
	flags.StringVar(&o.preset, "preset", "nano", "preset to train on")
	flags.StringVar(&o.data, "data", "", "folder of the presets' data, as the trainer's --data takes it (default: the trainer's own)")
	flags.StringVar(&o.backend, "backend", "go", "what computes, as the trainer's --backend takes it")
	flags.IntVar(&o.steps, "steps", 100, "training steps")
	flags.IntVar(&o.seeds, "seeds", 3, "seeds, from 1 on")
	flags.IntVar(&o.jobs, "jobs", max(1, runtime.GOMAXPROCS(0)/2), "trainings at a time, each on its share of the processors")
	flags.IntVar(&o.values, "values", 4, "values to try of a knob that has a range; twice as many on a logarithmic one")
	flags.DurationVar(&o.limit, "limit", 0, "start no training after this time; 0 is no limit")
	flags.StringVar(&o.log, "log", filepath.Join("runs", "ablation.tsv"), "file that gets a line per training as it ends, and from which the same command goes on")
	flags.StringVar(&o.out, "out", "", "file for the table (default: standard output)")
	return command
}

func run(ctx context.Context, o options) error {
	if o.steps < 1 || o.seeds < 1 || o.jobs < 1 || o.values < 1 {
		return errors.New("--steps, --seeds, --jobs and --values must be 1 or more")
	}
	source, err := os.ReadFile(o.recipe)
	if err != nil {
		return fmt.Errorf("read the recipe: %w; name trainer/recipe.go with --source", err)
	}
	variants, err := chooseVariants(string(source), o)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "ablation-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // leftovers in the system's folder harm nobody
	if o.trainer == "" {
		if o.trainer, err = buildTrainer(ctx, folder); err != nil {
			return err
		}
	}
	log, err := openLog(o)
	if err != nil {
		return err
	}
	measured, err := measure(ctx, o, folder, variants, log)
	if err := errors.Join(err, log.close()); err != nil {
		return err
	}
	return writeReport(o, measured)
}

func buildTrainer(ctx context.Context, folder string) (string, error) {
	trainer := filepath.Join(folder, "trainer")
	build := exec.CommandContext(ctx, "go", "build", "-o", trainer, "./trainer")
	build.Env, build.Stderr = append(os.Environ(), "GOEXPERIMENT=simd"), os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build the trainer: %w", err)
	}
	return trainer, nil
}

// writeReport writes the whole document to --out, or to standard output.
func writeReport(o options, measured []measurement) error {
	report := func(w io.Writer) {
		writeHeading(w, o)
		writeTable(w, measured)
		writeSummary(w, measured)
	}
	if o.out == "" {
		report(os.Stdout)
		return nil
	}
	file, err := renameio.NewPendingFile(o.out, renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	defer func() { _ = file.Cleanup() }() // does nothing once the file is in its place
	report(file)
	if err := file.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
