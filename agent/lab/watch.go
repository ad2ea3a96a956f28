package lab

import (
	"context"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace/diskuse"
)

// watch follows a training: it shows its steps, has its snapshots evaluated one
// after another while the training goes on, and stops a training without hope.
type watch struct {
	lab  *Lab
	spec Spec
	stop context.CancelFunc

	steps   int                 // of the training; an event that has others is made up
	step    int                 // of the last snapshot
	last    progress.Event      // that of the export
	account account             // what the training takes
	pending chan progress.Event // snapshots to evaluate
	done    chan struct{}       // closed when there are no more

	mu        sync.Mutex // the reporter takes one event at a time; the rest is the evaluating goroutine's
	measured  map[int]Evaluation
	curve     []table.Point
	stoppedAt int
}

func (l *Lab) watch(ctx context.Context, spec Spec, stop context.CancelFunc) *watch {
	w := &watch{
		lab: l, spec: spec, stop: stop, steps: l.protocol.Steps,
		pending: make(chan progress.Event, l.protocol.Steps/l.protocol.EvalEvery+1), done: make(chan struct{}),
		measured: map[int]Evaluation{},
	}
	if spec.Tokens > 0 {
		w.steps = 0 // they follow from the tokens
	}
	go func() {
		defer close(w.done)
		for event := range w.pending {
			w.evaluate(ctx, event)
		}
	}()
	return w
}

// line takes a line of the trainer's output. What isn't an event is in the log
// anyway. Nothing that an event says decides anything, since the candidate's code may
// have printed it: evaluations are left out, for the evaluator alone measures, and so
// is what a trainer would refuse and that it is done. A snapshot is evaluated at a
// step that is due, once, and in order.
func (w *watch) line(line []byte) {
	event, err := progress.ParseEvent(line)
	if err != nil {
		return
	}
	w.count(event)
	event.Message, event.Claimed = "", true // a title comes from the loop, not from the candidate
	event.EvalPPL, event.EvalBPB, event.BestPPL = nil, nil, nil
	switch {
	case event.Steps != w.steps:
	case event.Kind == progress.Step:
		w.report(event)
	case event.Kind != progress.Snapshot || event.Step <= w.step || !w.lab.grid(w.steps).has(event.Step):
	case event.Step == w.steps:
		w.step, w.last = event.Step, event // evaluated as the export
	default:
		w.step = event.Step
		select {
		case w.pending <- event:
		default: // more than there can be: a trainer that makes them up
		}
	}
}

// count takes what an event says of the training's costs. Where the tokens are given,
// the recipe's shapes say how many steps those are: the first step tells.
func (w *watch) count(event progress.Event) {
	w.account.take(event)
	if w.steps == 0 && event.Kind == progress.Step && event.Steps <= w.spec.Tokens {
		w.steps = event.Steps
	}
}

func (w *watch) report(event progress.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spec.report(event)
}

// evaluate measures one snapshot and decides whether the training goes on. A
// snapshot that can't be evaluated is left out: the verdict rests on the export.
func (w *watch) evaluate(ctx context.Context, event progress.Event) {
	folder := filepath.Join(w.spec.out(), "snapshots", strconv.Itoa(event.Step))
	defer func() { // what stays counts as the training's, and goes with its folder
		_ = diskuse.RemoveBelow(w.spec.out(), "snapshots", strconv.Itoa(event.Step))
	}()
	if w.stoppedAt > 0 {
		return
	}
	evaluated, err := w.lab.measure(ctx, w.spec, folder, Text{})
	if err != nil {
		return
	}
	w.measured[event.Step] = evaluated
	point := table.NewPoint(event.Step)
	point.EvalPPL = table.Measure(evaluated.EvalPPL)
	w.curve = append(w.curve, point)
	w.report(evaluation(event, evaluated))
	if w.spec.Hopeless != nil && w.spec.Hopeless(w.curve, w.steps) {
		w.stoppedAt = event.Step
		w.stop()
	}
}

// evaluation is a snapshot's event with what was measured of it.
func evaluation(event progress.Event, evaluated Evaluation) progress.Event {
	ppl, bpb := float64(evaluated.EvalPPL), float64(evaluated.EvalBPB)
	event.Kind, event.EvalPPL, event.EvalBPB = progress.Eval, &ppl, &bpb
	return event
}

// finish waits for the last evaluation. It returns the step at which the
// training was stopped, 0 for not at all, and what was measured, by step.
func (w *watch) finish() (stoppedAt int, measured map[int]Evaluation) {
	close(w.pending)
	<-w.done
	return w.stoppedAt, w.measured
}
