package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/results/table"
)

// trainings measures by the real trainer.
type trainings struct {
	options
	folder string
}

func (t trainings) measure(ctx context.Context, trial trial, processor int) (figure, error) {
	out, err := os.MkdirTemp(t.folder, "training-")
	if err != nil {
		return figure{}, err
	}
	defer func() { _ = os.RemoveAll(out) }() // the whole folder goes at the end
	steps := strconv.Itoa(trial.steps)
	arguments := []string{
		"--preset", "nano", "--steps", steps, "--eval-every", steps, "--seed", strconv.FormatUint(trial.seed, 10),
		"--backend", t.backend, "--out", out, "--progress", "plain",
	}
	if trial.tokens > 0 {
		arguments = append(arguments, "--tokens", strconv.Itoa(trial.tokens))
	}
	if t.data != "" {
		arguments = append(arguments, "--data", t.data)
	}
	for _, setting := range trial.settings() {
		arguments = append(arguments, "--set", setting)
	}
	command := onProcessor(ctx, processor, t.trainer, arguments)
	printed, err := command.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return figure{}, ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return figure{Failure: lastLine(string(printed)), Tokens: trial.taken()}, nil
	case err != nil:
		return figure{}, fmt.Errorf("run the trainer with %s: %w: %s", strings.Join(trial.settings(), " "), err, lastLine(string(printed)))
	}
	file, err := os.Open(filepath.Join(out, "results.tsv"))
	if err != nil {
		return figure{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	rows, err := table.ReadRows(file)
	if err != nil || len(rows) == 0 {
		return figure{}, fmt.Errorf("read the results of %s: %w", strings.Join(trial.settings(), " "), err)
	}
	return figure{EvalPPL: float64(rows[len(rows)-1].EvalPPL), Tokens: trial.taken()}, nil
}

// onProcessor is a command that has one processor to itself, where taskset is there to
// say so.
func onProcessor(ctx context.Context, processor int, program string, arguments []string) *exec.Cmd {
	if taskset, err := exec.LookPath("taskset"); err == nil {
		return exec.CommandContext(ctx, taskset, append([]string{"-c", strconv.Itoa(processor), program}, arguments...)...)
	}
	return exec.CommandContext(ctx, program, arguments...)
}

// lastLine is why a trainer failed, which it says last.
func lastLine(printed string) string {
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	return lines[len(lines)-1]
}
