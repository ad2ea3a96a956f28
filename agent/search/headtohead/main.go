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
	"syscall"
	"time"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
)

// options are the command's flags.
type options struct {
	contestants []string
	seeds       int
	marks       []int
	jobs        int
	objective   string
	trainer     string
	source      string
	ablation    string
	backend     string
	data        string
	steps       int
	python      string
	limit       time.Duration
	log, out    string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "headtohead:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use: "headtohead", Short: "Compare ways to search for a recipe", Args: cobra.NoArgs,
		SilenceUsage: true, SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error { return run(command.Context(), o) },
	}
	flags := command.Flags()
	flags.StringSliceVar(&o.contestants, "contestants", allContestants(), "who searches: RULE/PROPOSER/EQUAL of the agent's, such as brief/gp/tokens, or optuna/SAMPLER/steps")
	flags.IntVar(&o.seeds, "seeds", 5, "searches of each, with seeds from 1 on")
	flags.IntSliceVar(&o.marks, "marks", []int{25, 50, 100, 200}, "after how many trainings to look at the champion")
	flags.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), "trainings at a time, each on a processor of its own")
	flags.StringVar(&o.objective, "objective", "trainer", "what recipes are measured by: trainer or effects")
	flags.StringVar(&o.trainer, "trainer", "", "trainer to run (default: built from this source)")
	flags.StringVar(&o.source, "source", "trainer/recipe.go", "the recipe that the trainer was built with")
	flags.StringVar(&o.ablation, "ablation", "docs/log/ablation.md", "table of effects for --objective effects")
	flags.StringVar(&o.backend, "backend", "auto", "what computes, as the trainer's --backend takes it")
	flags.StringVar(&o.data, "data", "", "folder of the presets' data, as the trainer's --data takes it (default: the trainer's own)")
	flags.IntVar(&o.steps, "steps", 100, "training steps of the baseline")
	flags.StringVar(&o.python, "python", "python3", "Python that has optuna")
	flags.DurationVar(&o.limit, "limit", 0, "start no training after this time and report what there is; 0 is no limit")
	flags.StringVar(&o.log, "log", filepath.Join("runs", "headtohead.jsonl"), "file that gets a line per training, and from which the same command goes on")
	flags.StringVar(&o.out, "out", "", "file for the report (default: standard output)")
	return command
}

func run(ctx context.Context, o options) error {
	source, err := os.ReadFile(o.source)
	if err != nil {
		return fmt.Errorf("read the recipe: %w; name trainer/recipe.go with --source", err)
	}
	folder, err := os.MkdirTemp("", "headtohead-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // leftovers in the system's folder harm nobody
	measured, err := newObjective(ctx, o, string(source), folder)
	if err != nil {
		return err
	}
	log, err := openLog(o.log)
	if err != nil {
		return err
	}
	lab := newLab(o, measured, log, folder)
	outcomes, err := compete(ctx, o, string(source), lab)
	if err := errors.Join(err, log.close()); err != nil {
		return err
	}
	return writeReport(o, outcomes, lab.trained())
}

func newObjective(ctx context.Context, o options, source, folder string) (objective, error) {
	switch o.objective {
	case "effects":
		return readEffects(source, o.ablation)
	case "trainer":
		if o.trainer == "" {
			o.trainer = filepath.Join(folder, "trainer")
			build := exec.CommandContext(ctx, "go", "build", "-o", o.trainer, "./trainer")
			build.Env, build.Stderr = append(os.Environ(), "GOEXPERIMENT=simd"), os.Stderr
			if err := build.Run(); err != nil {
				return nil, fmt.Errorf("build the trainer: %w", err)
			}
		}
		return trainings{o, folder}, nil
	}
	return nil, fmt.Errorf("--objective %q: there are trainer and effects", o.objective)
}

func writeReport(o options, outcomes []outcome, trained int) error {
	text := report(o, outcomes, trained)
	if o.out == "" {
		_, err := fmt.Print(text)
		return err
	}
	if err := renameio.WriteFile(o.out, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
