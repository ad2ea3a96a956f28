package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/trainer/settings"
	"github.com/ternlab/ternlab/workspace/diskuse"
)

// trainerDisk is the most that one training may leave, in bytes: many snapshots of
// a model of 135 million weights.
const trainerDisk = 20 << 30

// train runs a trainer, which leaves its export in the trial's folder, and returns
// what it said of its last snapshot. Its snapshots are evaluated on the way, and a
// training without hope is stopped.
func (l *Lab) train(ctx context.Context, program Program, spec Spec) (Training, progress.Event, error) {
	if err := spec.emptyFolder(); err != nil {
		return Training{}, progress.Event{}, err
	}
	race, stop := context.WithCancel(ctx)
	defer stop()
	watch := l.watch(ctx, spec, stop)
	job := l.trainer(program, spec, l.protocol.Steps)
	job.OnLine = watch.line
	exit, err := l.run(race, job)
	stoppedAt, measured := watch.finish()
	if stoppedAt > 0 && ctx.Err() == nil {
		err, exit.Code = nil, 0
	}
	err = ended(err, job.Limits)
	if err == nil && exit.Code != 0 {
		err = l.trainFailure(exit)
	}
	if err == nil {
		err = watch.account.overdrawn(spec)
	}
	if err != nil && AsFault(err) == nil {
		return Training{}, watch.last, err
	}
	points, readErr := readPoints(filepath.Join(spec.out(), "results.tsv"), l.grid(watch.steps))
	return Training{
		StoppedAt: stoppedAt, Points: merge(points, measured),
		Steps: watch.steps, Done: watch.account.done, Tokens: watch.account.tokens, FLOPs: watch.account.flops,
		TimeS: seconds(exit.Elapsed), MemoryBytes: exit.MemoryBytes,
	}, watch.last, errors.Join(readErr, err)
}

// trainer is the job that trains for so many steps, with those knobs (Name=value).
func (l *Lab) trainer(program Program, spec Spec, steps int, set ...string) Job {
	args := settings.Args(contract.Training{
		Preset: l.protocol.Preset, Steps: steps, Tokens: spec.Tokens, EvalEvery: l.protocol.EvalEvery, Set: set,
		GroupFallback: l.protocol.GroupFallback, Seed: spec.Seed, Backend: l.protocol.Backend,
		Out: spec.out(), Snapshots: true, Progress: contract.ProgressJSON,
	})
	limits := spec.Training
	limits.DiskBytes = trainerDisk
	return Job{
		Program: program.binary,
		Args:    args,
		Env:     []string{"TMPDIR=" + spec.out()},
		Dir:     spec.out(),
		LogFile: filepath.Join(spec.Folder, "train.log"),
		Role:    TrainingRole,
		Read:    slices.Clone(l.preset.TrainFiles),
		Write:   spec.out(),
		Share:   spec.Share,
		Limits:  limits,
	}
}

func seconds(d time.Duration) table.Measure { return table.Measure(d.Seconds()) }

// Pace is what a step of a recipe takes.
type Pace struct {
	Seconds table.Measure
	Tokens  int
}

// Time runs a few steps of a training. The time of one is the median; what the first
// takes isn't in it, for its graph is compiled then.
func (l *Lab) Time(ctx context.Context, program Program, spec Spec) (Pace, error) {
	const fewest, most, share = 5, 20, 10
	if err := spec.emptyFolder(); err != nil {
		return Pace{}, err
	}
	steps := max(fewest, min(l.protocol.Steps/share, most))
	job := l.trainer(program, spec, steps)
	job.LogFile = filepath.Join(spec.Folder, "pace.log")
	var seen []time.Time
	var took account
	job.OnLine = func(line []byte) {
		if event, err := progress.ParseEvent(line); err == nil && event.Kind == progress.Step {
			seen = append(seen, time.Now())
			took.take(event)
		}
	}
	l.screen.Doing(spec.Label + "timing steps")
	exit, err := l.run(ctx, job)
	if err = ended(err, job.Limits); err == nil && exit.Code != 0 {
		err = l.trainFailure(exit)
	}
	if err != nil {
		return Pace{}, l.disk.blame(err)
	}
	if len(seen) != steps || took.tokens == 0 {
		return Pace{}, &FaultError{TrainFailed, fmt.Errorf("reported %d of %d steps and %d tokens, so that they can't be timed", len(seen), steps, took.tokens)}
	}
	return Pace{medianGap(seen), took.tokens / steps}, nil
}

// Refusals asks a program which recipes one knob away from its own, with these settings
// (Name=value), it would refuse before the first step. It is ended when it has said
// so. Whoever has no answer refuses none.
func (l *Lab) Refusals(ctx context.Context, program Program, spec Spec, set []string) ([]string, error) {
	const most = 1000 // a recipe has some hundred neighbours
	if err := spec.emptyFolder(); err != nil {
		return nil, err
	}
	asked, stop := context.WithCancel(ctx)
	defer stop()
	job := l.trainer(program, spec, l.protocol.Steps, set...)
	var refused []string
	answered := false
	job.OnLine = func(line []byte) {
		event, err := progress.ParseEvent(line)
		if err != nil || answered || event.Kind == progress.Start && event.Message != "" {
			return // not yet
		}
		if event.Kind == progress.Start {
			refused = event.Refuses[:min(len(event.Refuses), most)]
		}
		answered = true
		stop()
	}
	_, _ = l.run(asked, job) // ended by us; or it has no answer
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := diskuse.RemoveAll(spec.Folder); err != nil {
		return nil, fmt.Errorf("remove what the trainer wrote that was asked: %w", err)
	}
	return refused, nil
}
