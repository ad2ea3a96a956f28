package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace/diskuse"
)

// Spec says what one trial is to be.
type Spec struct {
	Folder string // Of its own files; what a training writes lies in "out" below it.
	Label  string // Before its lines, where several share the screen: "#7 ".
	Title  string // How the screen calls it while it is evaluated; empty: not at all.
	Seed   uint64 // The trainer's.

	Tokens     int  // That it may train on; 0: those of the run's steps.
	MustCount  bool // A training that doesn't say how many tokens it took is at fault.
	Biases     bool // Its recipe's exports may have biases.
	Share      Share
	Training   Limits
	Evaluation Limits
	Texts      []Text // That its export is measured on, in this order.

	// Hopeless tells, of a curve as far as it is measured in a training of so many
	// steps, whether to stop that. It may be nil.
	Hopeless func(curve []table.Point, steps int) bool
	Reporter progress.Reporter // Is told how it goes; may be nil.
	// OnTrained is told what the training came to before its export is measured, and
	// whose fault it is that there is none; its error ends the trial. It may be nil.
	OnTrained func(Training, *FaultError) error
	// OnEvaluated is told of each text what was measured; its error ends the trial. It may be nil.
	OnEvaluated func(Evaluation) error
}

// Text is one that models are measured on. The zero value is the preset's evaluation
// text.
type Text struct {
	Name string // As the journal has it.
	File string
}

// Training is what a training came to, as far as it got.
type Training struct {
	StoppedAt   int           // Step at which it was found hopeless; 0 for not at all.
	Points      []table.Point // At the steps that are evaluated.
	Steps       int           // That it was to have; 0 where it didn't say.
	Done        int           // Of them, those that it had.
	Tokens      int           // That these trained on; 0 is not known.
	FLOPs       float64       // Floating-point operations of their matrix products; 0 is not known.
	TimeS       table.Measure // Wall time of the process, seconds.
	MemoryBytes uint64        // Its peak resident memory; 0 is not known.
}

// Trial is what a training and the measurements of its export came to.
type Trial struct {
	Training
	Evaluations []Evaluation // In the order of the texts; none where it was stopped.
}

// out is the one folder that the trainer may write to. Nothing there is to be
// trusted, not even that a file is a file.
func (s Spec) out() string { return filepath.Join(s.Folder, "out") }

// Export is the folder of its ternary model.
func (s Spec) Export() string { return filepath.Join(s.out(), "export") }

func (s Spec) evaluateLog() string { return filepath.Join(s.Folder, "evaluate.log") }

func (s Spec) report(event progress.Event) {
	if s.Reporter != nil {
		s.Reporter.Report(event)
	}
}

// Trial trains a program and measures its export on the texts.
func (l *Lab) Trial(ctx context.Context, program Program, spec Spec) (Trial, error) {
	defer spec.report(progress.Event{Kind: progress.Done})
	trained, last, err := l.train(ctx, program, spec)
	err = l.disk.blame(err)
	fault := AsFault(err)
	if err != nil && fault == nil {
		return Trial{}, err
	}
	if spec.OnTrained != nil {
		if told := spec.OnTrained(trained, fault); told != nil {
			return Trial{}, told
		}
	}
	if fault != nil || trained.StoppedAt > 0 {
		return Trial{Training: trained}, err
	}
	evaluations, err := l.measureTexts(ctx, spec, last)
	return Trial{trained, evaluations}, err
}

// Measure measures what a trial, that was trained earlier, has left as its export. It
// is a fault where that has suffered since, or is gone.
func (l *Lab) Measure(ctx context.Context, spec Spec) ([]Evaluation, error) {
	defer spec.report(progress.Event{Kind: progress.Done})
	return l.measureTexts(ctx, spec, progress.Event{})
}

// measureTexts measures an export on all texts. What the trainer said last of itself
// is shown with the figures on the evaluation text.
func (l *Lab) measureTexts(ctx context.Context, spec Spec, last progress.Event) ([]Evaluation, error) {
	if spec.Title != "" {
		l.screen.Doing(spec.Title + " · evaluating")
	}
	var all []Evaluation
	for _, text := range spec.Texts {
		evaluated, err := l.measure(ctx, spec, spec.Export(), text)
		if err != nil {
			return all, l.disk.blame(err)
		}
		if text.File == "" && last.Kind == progress.Snapshot {
			spec.report(evaluation(last, evaluated))
		}
		all = append(all, evaluated)
		if spec.OnEvaluated != nil {
			if err := spec.OnEvaluated(evaluated); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// emptyFolder makes the trial's folder anew. The candidate's diff, which lies in the
// same folder as its first trial, stays.
func (s Spec) emptyFolder() error {
	err := diskuse.RemoveAll(s.out())
	for _, left := range []string{"train.log", "evaluate.log"} {
		err = errors.Join(err, diskuse.RemoveAll(filepath.Join(s.Folder, left)))
	}
	if err = errors.Join(err, os.MkdirAll(s.out(), 0o755)); err != nil {
		return fmt.Errorf("make the training's folder: %w", err)
	}
	return nil
}

// RemoveExport removes the model of a trial whose files lie in that folder.
func RemoveExport(folder string) error { return diskuse.RemoveAll(Spec{Folder: folder}.Export()) }
