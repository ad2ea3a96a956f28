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
	"slices"
	"strconv"
	"time"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace"
	"github.com/ternlab/ternlab/workspace/diskuse"
)

// training is one training of a recipe on one seed.
type training struct {
	binary string
	seed   uint64
	stream uint64        // added to the seed for the trainer, in runs that compare like with like
	folder string        // of its own files
	rival  []table.Point // the champion's curve on the seed; without one there is no race
	band   verdict.Band  // how far behind it a training may be

	label   string // as the candidate's
	abreast int    // how many run at the same time; 0 or 1: this one alone
	cpus    []int  // the processors for trainer and evaluator; none: all
	biases  bool   // its recipe's exports may have biases

	isBaseline bool    // its recipe is the baseline's
	before     int     // tokens that its recipe had on another seed; 0: none
	tokens     int     // that it may train on; 0: those of the run's steps
	stepS      float64 // seconds of a step, where they were taken for this training
	account    account // what it took

	leftOver bool // done before an interruption; its export may have suffered since

	reporter progress.Reporter
	last     progress.Event // what the trainer said of its last snapshot
}

// out is the one folder that the trainer may write to. Nothing there is to be
// trusted, not even that a file is a file.
func (t *training) out() string { return filepath.Join(t.folder, "out") }

func (t *training) export() string { return filepath.Join(t.out(), "export") }

// train trains the candidate on the seed at hand, unless that was done before an
// interruption.
func (l *Loop) train(ctx context.Context, c *candidate) error {
	trial, trained := l.known()[c.number].Trial(c.seed)
	if !trained {
		return l.trainNow(ctx, c)
	}
	c.training = l.newTraining(c)
	c.training.leftOver, c.training.reporter = true, l.screen.Training(l.run.Steps, c.label)
	if trial.Failure != nil {
		return &crash{trial.Failure.Class, errors.New(trial.Failure.Message)}
	}
	return nil
}

// trainNow trains the candidate on the seed at hand.
func (l *Loop) trainNow(ctx context.Context, c *candidate) error {
	if err := l.mayBegin(ctx); err != nil {
		return err
	}
	defer l.hold(fmt.Sprintf("the training of experiment %d on seed %d", c.number, c.seed))()
	if c.seed != journal.PairedSeed(l.run, 1) {
		l.screen.Say(fmt.Sprintf("  %sthe candidate on seed %d", c.label, c.seed))
	}
	c.training = l.newTraining(c)
	trained, err := l.runTraining(ctx, c.training)
	err = l.forWantOfSpace(err)
	failed := asCrash(err)
	if err != nil && failed == nil {
		return err
	}
	if failed != nil {
		trained.Failure = &journal.Failure{Class: failed.class, Message: line.Cut(failed.Error(), longestProblem)}
	}
	if err := l.append(c.number, trained); err != nil {
		return err
	}
	return err
}

// newTraining is the candidate's training on the seed at hand.
func (l *Loop) newTraining(c *candidate) *training {
	e := l.known()[c.number]
	return &training{
		isBaseline: c.number == 0, before: e.Allotted(),
		binary: l.folder.Trainer(c.number), seed: c.seed, stream: l.streamOf(c.number),
		folder: l.folder.Trial(c.number, c.seed, journal.PairedSeed(l.run, 1)), rival: c.rival, band: c.band,
		label: c.label, abreast: c.abreast, cpus: c.cpus, biases: hasBiases(c.source()),
	}
}

// announce says what will be trained.
func (l *Loop) announce(_ context.Context, c *candidate) error {
	l.screen.Say(c.title + " · " + line.Cut(line.Clean(c.proposal.Description), 2*longestSubject))
	return nil
}

// runTraining runs a trainer, which leaves its export in the training's folder.
// Its snapshots are evaluated on the way, and a training that has no hope
// against its rival is stopped.
func (l *Loop) runTraining(ctx context.Context, t *training) (journal.Trained, error) {
	if err := l.allot(ctx, t); err != nil {
		return journal.Trained{Seed: t.seed, Stream: t.stream, TimeS: table.Missing(), MemoryGB: table.Missing()}, err
	}
	if err := t.emptyFolder(); err != nil {
		return journal.Trained{}, err
	}
	t.reporter = l.screen.Training(l.run.Steps, t.label)
	race, stop := context.WithCancel(ctx)
	defer stop()
	watch := l.watch(ctx, t, stop)
	process := l.trainer(t, l.run.Steps)
	process.OnLine = watch.line
	exit, err := l.runProgram(race, process)
	stoppedAt, measured := watch.finish()
	if stoppedAt > 0 && ctx.Err() == nil {
		err, exit.Code = nil, 0
	}
	err = ended(err, process)
	if err == nil && exit.Code != 0 {
		err = trainFailure(exit)
	}
	if err == nil {
		err = l.overdrawn(t)
	}
	if err != nil || stoppedAt > 0 {
		t.reporter.Report(progress.Event{Kind: progress.Done})
	}
	if err != nil && asCrash(err) == nil {
		return journal.Trained{}, err
	}
	points, readErr := readPoints(filepath.Join(t.out(), "results.tsv"), l.grid(watch.steps))
	abreast := t.abreast
	if abreast == 1 {
		abreast = 0
	}
	return journal.Trained{
		Seed: t.seed, Stream: t.stream, Abreast: abreast, StoppedAt: stoppedAt, Points: l.placed(merge(points, measured), watch.steps),
		Steps: watch.steps, Done: t.account.done, Tokens: t.account.tokens, FLOPs: t.account.flops, StepS: t.stepS,
		TimeS: seconds(exit.Elapsed), MemoryGB: table.Measure(exit.MemoryGB * gibibyte),
	}, errors.Join(readErr, err)
}

// emptyFolder makes the training's folder anew. The candidate's diff, which lies
// in the same folder as its first training, stays.
func (t *training) emptyFolder() error {
	err := diskuse.RemoveAll(t.out())
	for _, left := range []string{"train.log", "evaluate.log"} {
		err = errors.Join(err, diskuse.RemoveAll(filepath.Join(t.folder, left)))
	}
	if err = errors.Join(err, os.MkdirAll(t.out(), 0o755)); err != nil {
		return fmt.Errorf("make the training's folder: %w", err)
	}
	return nil
}

// trainer is the process that trains for so many steps.
func (l *Loop) trainer(t *training, steps int) workspace.Process {
	var more []string
	if l.run.GroupFallback {
		more = append(more, "--group-fallback")
	}
	if t.tokens > 0 {
		more = append(more, "--tokens", strconv.Itoa(t.tokens))
	}
	return workspace.Process{
		Path: t.binary,
		Args: append([]string{
			"--preset", l.run.Preset, "--steps", strconv.Itoa(steps), "--eval-every", strconv.Itoa(l.run.EvalEvery),
			"--seed", strconv.FormatUint(t.seed+t.stream, 10), "--backend", l.run.Backend,
			"--out", t.out(), "--snapshots", "--progress", "json",
		}, more...),
		Env:          append(l.programEnv(), "TMPDIR="+t.out()),
		Dir:          t.out(),
		CPUs:         t.cpus,
		Sandbox:      l.sandbox,
		Grant:        l.trainerGrant(t),
		DiskBytes:    trainerDisk,
		LogFile:      filepath.Join(t.folder, "train.log"),
		Timeout:      l.settings.timeoutAfter(l.baselineTime(), t.abreast),
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

// programEnv is what trainer and evaluator are told besides: where the backend's
// plugins are, since nothing can be searched in the sandbox.
func (l *Loop) programEnv() []string {
	return append(l.dataEnv(), l.backendFiles().Environment()...)
}

// gibibyte is 2^30 bytes in units of 10^9.
const gibibyte = 1.073741824

// readPoints reads the evaluation points that a trainer wrote. They are
// progress, not the verdict, and come from the candidate: a file that is
// missing or isn't a table means no points, and so does a line at a step at which
// nothing is evaluated, or a second one at the same step.
func readPoints(file string, grid grid) ([]table.Point, error) {
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
	rows, err := table.ReadRows(io.LimitReader(f, longest))
	if err != nil {
		return nil, nil
	}
	return grid.points(rows), nil
}

// merge puts the evaluator's figures into the points that the trainer wrote. No
// other eval_ppl stands in them.
func merge(points []table.Point, measured map[int]journal.Evaluated) []table.Point {
	for step := range measured { // a trainer that was stopped may not have written its last one
		if !slices.ContainsFunc(points, func(p table.Point) bool { return p.Step == step }) {
			points = append(points, table.NewPoint(step))
		}
	}
	slices.SortStableFunc(points, func(a, b table.Point) int { return a.Step - b.Step })
	best := table.Missing()
	for i := range points {
		p := &points[i]
		p.EvalPPL, p.EvalBPB, p.BestPPL = table.Missing(), table.Missing(), table.Missing()
		figures, ok := measured[p.Step]
		if !ok {
			continue
		}
		if !best.Valid() || figures.EvalPPL < best {
			best = figures.EvalPPL
		}
		p.EvalPPL, p.EvalBPB, p.BestPPL = figures.EvalPPL, figures.EvalBPB, best
	}
	return points
}

// baselineTime is how long the baseline took; missing while it is measured.
func (l *Loop) baselineTime() table.Measure {
	if HasBaseline(l.known()) {
		return l.known()[0].TimeS
	}
	return table.Missing()
}

func seconds(d time.Duration) table.Measure { return table.Measure(d.Seconds()) }
