package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/settings"
	"github.com/ternlab/ternlab/workspace/proc"
)

// Evaluation is what the fixed evaluator measured of a model on a text: the only
// figures that anything is compared by.
type Evaluation struct {
	contract.Evaluation
	Text        string        // Its name.
	TimeS       table.Measure // Wall time of the evaluator, seconds.
	MemoryBytes uint64        // Its peak resident memory; 0 is not known.
}

// measure has the fixed evaluator measure a ternary model of a trial's.
func (l *Lab) measure(ctx context.Context, spec Spec, model string, text Text) (Evaluation, error) {
	if err := mustBePlain(model); err != nil {
		return Evaluation{}, &FaultError{EvaluateRefused, err}
	}
	job := l.evaluator(text, model)
	job.Args = append(job.Args, l.exportFlags(spec)...)
	job.Role, job.Dir, job.LogFile = EvaluatingRole, "/", spec.evaluateLog()
	job.Read = append(job.Read, model)
	job.Share, job.Limits = spec.Share, spec.Evaluation
	evaluated, exit, err := l.evaluate(ctx, job)
	switch {
	case err != nil:
		return evaluated, ended(err, job.Limits)
	case exit.Code != 0:
		return evaluated, &FaultError{EvaluateRefused, exitError(exit, lastWords(exit.Tail, "evaluator: "))}
	}
	evaluated.Text = text.Name
	return evaluated, mustBeTernary(evaluated)
}

// MeasureFull measures the full-precision model that trainings start from.
func (l *Lab) MeasureFull(ctx context.Context, text Text) (Evaluation, error) {
	l.screen.Doing("evaluating the full-precision model")
	job := l.evaluator(text, "")
	job.Dir = l.repository.Root()
	evaluated, exit, err := l.evaluate(ctx, job)
	if err == nil && exit.Code != 0 {
		err = exitError(exit, lastWords(exit.Tail, "evaluator: "))
	}
	if err != nil {
		return evaluated, fmt.Errorf("measure the full-precision model: %w", err)
	}
	evaluated.Text = text.Name
	return evaluated, nil
}

// evaluator is the job that measures a model on a text; an empty name is the preset's
// own.
func (l *Lab) evaluator(text Text, model string) Job {
	job := Job{
		Program: l.folder.Evaluator(),
		Args: settings.Args(contract.Measurement{
			Model: model, Preset: l.protocol.Preset, EvalText: text.File, EvalTokens: l.protocol.EvalTokens,
			Backend: l.protocol.Backend, JSON: true,
		}),
		Read: slices.Concat(l.preset.TrainFiles, l.preset.EvalFiles),
	}
	if text.File != "" {
		job.Read = append(job.Read, text.File)
	}
	return job
}

// evaluate runs an evaluator and reads what it prints, if it ends well.
func (l *Lab) evaluate(ctx context.Context, job Job) (Evaluation, proc.Exit, error) {
	var answer []byte
	job.OnLine = func(line []byte) { answer = append(answer[:0], line...) }
	exit, err := l.run(ctx, job)
	if err != nil || exit.Code != 0 {
		return Evaluation{}, exit, err
	}
	evaluated, err := readEvaluation(answer)
	evaluated.TimeS, evaluated.MemoryBytes = seconds(exit.Elapsed), exit.MemoryBytes
	return evaluated, exit, err
}

// exportFlags tell the evaluator what a recipe's export may be: ternary, and with
// biases where the recipe makes such.
func (l *Lab) exportFlags(spec Spec) []string {
	if !l.protocol.TellsExports {
		return nil
	}
	return settings.Args(contract.Export{Ternary: true, Biases: spec.Biases})
}

// mustBeTernary refuses a full-precision model in the export's place, which the
// evaluator measures for people who ask for it.
func mustBeTernary(evaluated Evaluation) error {
	if evaluated.Ternary {
		return nil
	}
	return &FaultError{EvaluateRefused, errors.New("the export is a full-precision model, not a ternary one; leave the export to the harness")}
}

// readEvaluation reads the line that the evaluator prints.
func readEvaluation(line []byte) (Evaluation, error) {
	var evaluated Evaluation
	if err := json.Unmarshal(line, &evaluated.Evaluation); err != nil {
		return evaluated, fmt.Errorf("read what the evaluator printed: %w", err)
	}
	if !(evaluated.EvalPPL >= 1) { // missing, too
		return evaluated, fmt.Errorf("read what the evaluator printed: eval_ppl is %g, which no perplexity is", evaluated.EvalPPL)
	}
	return evaluated, nil
}

// MakeText has the evaluator, which was built from the run's base commit, generate the
// text of a secret seed, which lies in a file.
func (l *Lab) MakeText(ctx context.Context, seedFile, file string) error {
	return l.ask(ctx, "text", "--preset", l.protocol.Preset, "--seed-file", seedFile, "--out", file)
}

// CheckText has the evaluator compare a text with the preset's own: it must be long
// enough, and no copy of what is trained or measured on.
func (l *Lab) CheckText(ctx context.Context, file string) error {
	return l.ask(ctx, "check-text", "--preset", l.protocol.Preset, "--text", file)
}

// ask runs a command of the evaluator's that measures nothing.
func (l *Lab) ask(ctx context.Context, arguments ...string) error {
	_, err := l.answer(ctx, arguments...)
	return err
}

// answer is the last line that such a command prints.
func (l *Lab) answer(ctx context.Context, arguments ...string) ([]byte, error) {
	var last []byte
	exit, err := l.run(ctx, Job{
		Program: l.folder.Evaluator(), Args: arguments, Dir: l.repository.Root(),
		OnLine: func(line []byte) { last = append(last[:0], line...) },
	})
	if err == nil && exit.Code != 0 {
		err = exitError(exit, lastWords(exit.Tail, "evaluator: "))
	}
	return last, err
}
