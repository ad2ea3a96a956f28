package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace"
)

// train runs the candidate's trainer, which leaves its export in the
// experiment's folder.
func (l *Loop) train(ctx context.Context, c *candidate) error {
	l.screen.Say(c.title + " · " + line.Clean(c.proposal.Description))
	reporter := l.screen.Training(l.run.Steps)
	process := l.trainer(c)
	process.OnLine = show(reporter)
	exit, err := workspace.Run(ctx, process)
	reporter.Report(progress.Event{Kind: progress.Done})
	err = ended(err, process)
	if err != nil && asCrash(err) == nil {
		return err
	}
	if err := l.noteTrained(c, exit); err != nil {
		return err
	}
	if err == nil && exit.Code != 0 {
		err = trainFailure(exit)
	}
	return err
}

// trainer is the process that trains the candidate.
func (l *Loop) trainer(c *candidate) workspace.Process {
	out := l.folder.Output(c.number)
	return workspace.Process{
		Path: l.folder.Trainer(),
		Args: []string{
			"--preset", l.run.Preset, "--steps", strconv.Itoa(l.run.Steps), "--eval-every", strconv.Itoa(l.run.EvalEvery),
			"--seed", strconv.FormatUint(l.run.Seed, 10), "--backend", l.run.Backend,
			"--out", out, "--snapshots", "--progress", "json",
		},
		Env:          append(l.dataEnv(), "TMPDIR="+out),
		Dir:          out,
		Sandbox:      l.sandbox,
		Grant:        l.trainerGrant(l.folder.Trainer(), out),
		DiskBytes:    trainerDisk,
		LogFile:      l.folder.TrainLog(c.number),
		Timeout:      l.settings.timeoutAfter(l.baselineTime()),
		StallTimeout: l.settings.StallTimeout,
	}
}

// dataEnv tells trainer and evaluator, which run in other folders, where the
// user's prepared presets are: TERNLAB_DATA, or data in the user's checkout.
func (l *Loop) dataEnv() []string {
	const variable = "TERNLAB_DATA"
	folder := cmp.Or(os.Getenv(variable), "data")
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(l.repository.Root(), folder)
	}
	return []string{variable + "=" + folder}
}

// show passes a trainer's events on. What isn't an event is in the log anyway,
// and a title comes from the loop, not from the candidate.
func show(reporter progress.Reporter) func(line []byte) {
	return func(line []byte) {
		event, err := progress.ParseEvent(line)
		if err == nil && (event.Kind == progress.Step || event.Kind == progress.Eval || event.Kind == progress.Snapshot) {
			event.Message = ""
			reporter.Report(event)
		}
	}
}

// gibibyte is 2^30 bytes in units of 10^9.
const gibibyte = 1.073741824

func (l *Loop) noteTrained(c *candidate, exit workspace.Exit) error {
	points, err := readPoints(filepath.Join(l.folder.Output(c.number), "results.tsv"))
	if err != nil {
		return err
	}
	return l.append(results.KindTrained, c.number, results.Trained{
		Seed: l.run.Seed, Points: points,
		TimeS: seconds(exit.Elapsed), MemoryGB: results.Measure(exit.MemoryGB * gibibyte),
	})
}

// readPoints reads the evaluation points that a trainer wrote. They are
// progress, not the verdict, and come from the candidate: a file that is
// missing or isn't a table means no points.
func readPoints(file string) ([]results.Point, error) {
	const longest = 1 << 20 // bytes
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !info.Mode().IsRegular()) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the training's points: %w", err)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the training's points: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	rows, err := results.ReadRows(io.LimitReader(f, longest))
	if err != nil {
		return nil, nil
	}
	points := make([]results.Point, len(rows))
	for i, row := range rows {
		points[i] = row.Point
	}
	return points, nil
}

// baselineTime is how long the baseline took; missing while it is measured.
func (l *Loop) baselineTime() results.Measure {
	if HasBaseline(l.experiments) {
		return l.experiments[0].TimeS
	}
	return results.Missing()
}

func seconds(d time.Duration) results.Measure { return results.Measure(d.Seconds()) }
