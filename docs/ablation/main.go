// Ablation measures what each knob of the trainer's recipe does: it trains with
// one knob changed at a time, with several seeds, and prints a Markdown table of
// the effects on eval_ppl. docs/ablation.md holds what it printed.
//
//	go run ./docs/ablation --set LearningRate=1e-3 --set LearningSteps=10 --set LambdaSteps=50
//
// Knobs and values come from trainer/recipe.go. A knob that does nothing under
// the reference's values is tried together with the one it needs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"
)

type options struct {
	set     []string
	recipes []string
	only    []string
	trainer string
	recipe  string
	preset  string
	backend string
	steps   int
	seeds   int
	jobs    int
	values  int
	limit   time.Duration
	table   string
}

func main() {
	var o options
	command := &cobra.Command{
		Use: "ablation", Short: "Measure what each knob of the recipe does", Args: cobra.NoArgs,
		SilenceUsage: true, SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error { return run(command.Context(), o) },
	}
	flags := command.Flags()
	flags.StringArrayVar(&o.set, "set", nil, "knob of the reference recipe, where it differs from recipe.go: Knob=value; may be repeated")
	flags.StringArrayVar(&o.recipes, "recipe", nil, "instead of one knob at a time, measure this whole recipe: Knob=value,Knob=value…; may be repeated")
	flags.StringSliceVar(&o.only, "only", nil, "only these knobs")
	flags.StringVar(&o.trainer, "trainer", "", "trainer to run (default: built from this source)")
	flags.StringVar(&o.recipe, "source", "trainer/recipe.go", "the recipe that the trainer was built with")
	flags.StringVar(&o.preset, "preset", "nano", "preset to train on")
	flags.StringVar(&o.backend, "backend", "go", "what computes, as the trainer's --backend takes it")
	flags.IntVar(&o.steps, "steps", 100, "training steps")
	flags.IntVar(&o.seeds, "seeds", 3, "seeds, from 1 on")
	flags.IntVar(&o.jobs, "jobs", max(1, runtime.NumCPU()/2), "trainings at a time")
	flags.IntVar(&o.values, "values", 4, "values to try of a knob that has a range")
	flags.DurationVar(&o.limit, "limit", 0, "start no training after this time; 0 is no limit")
	flags.StringVar(&o.table, "table", "", "file that gets a line per training as it ends")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := command.ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ablation:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.steps < 1 || o.seeds < 1 || o.jobs < 1 || o.values < 1 {
		return errors.New("--steps, --seeds, --jobs and --values must be 1 or more")
	}
	source, err := os.ReadFile(o.recipe)
	if err != nil {
		return fmt.Errorf("read the recipe: %w", err)
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
		o.trainer = filepath.Join(folder, "trainer")
		build := exec.CommandContext(ctx, "go", "build", "-o", o.trainer, "./trainer")
		build.Env, build.Stderr = append(os.Environ(), "GOEXPERIMENT=simd"), os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build the trainer: %w", err)
		}
	}
	measured, err := measure(ctx, o, folder, variants)
	if err != nil {
		return err
	}
	writeTable(os.Stdout, measured)
	return nil
}
