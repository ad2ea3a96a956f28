package loop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace"
)

// evaluate measures the candidate's export, unless that was done before an
// interruption.
func (l *Loop) evaluate(ctx context.Context, c *candidate) error {
	trial, _ := l.known()[c.number].Trial(c.seed)
	if trial.StoppedAt > 0 || trial.EvalPPL.Valid() {
		return nil // there is no export, or nothing to do
	}
	defer l.hold(fmt.Sprintf("the evaluation of experiment %d", c.number))()
	l.screen.Doing(c.title + " · evaluating")
	evaluated, err := l.measureExport(ctx, c.training, unseenText{})
	c.training.reporter.Report(progress.Event{Kind: progress.Done})
	if asCrash(err) != nil && c.training.leftOver { // nobody knows whose fault it is
		return inOrder(ctx, c, l.trainNow, l.evaluate)
	}
	if err != nil {
		return l.forWantOfSpace(err)
	}
	if err := l.tooGood(evaluated, c.training); err != nil {
		return err // no figure that anything is compared with
	}
	if !c.evaluated.EvalPPL.Valid() {
		c.evaluated = evaluated
	}
	return l.append(c.number, evaluated)
}

// measureExport measures what a training exported, on the evaluation text or an
// unseen one. On the evaluation text it shows it as the training's last evaluation.
func (l *Loop) measureExport(ctx context.Context, t *training, text unseenText) (journal.Evaluated, error) {
	evaluated, err := l.measure(ctx, t, t.export(), text.file, filepath.Join(t.folder, "evaluate.log"))
	if err == nil && text.file == "" && t.last.Kind == progress.Snapshot {
		t.reporter.Report(evaluation(t.last, evaluated))
	}
	evaluated.Seed, evaluated.Text = t.seed, text.name
	if !journal.IsFresh(l.run, t.seed) {
		evaluated.Blocks = nil // for final checks alone
	}
	return evaluated, err
}

// measure has the fixed evaluator measure a ternary model of a training's.
func (l *Loop) measure(ctx context.Context, t *training, model, text, logFile string) (journal.Evaluated, error) {
	if err := mustBePlain(model); err != nil {
		return journal.Evaluated{}, &crash{journal.FailureEvaluateRefused, err}
	}
	var answer []byte
	process := workspace.Process{
		Path:    l.folder.Evaluator(),
		Args:    append([]string{"--model", model, "--preset", l.run.Preset, "--backend", l.run.Backend, "--json"}, l.evalTokens()...),
		Env:     l.programEnv(),
		Dir:     "/",
		LogFile: logFile,
		CPUs:    t.cpus,
		Timeout: l.evaluationTimeout(t.abreast),
		Sandbox: l.sandbox,
		Grant:   l.evaluatorGrant(t, model, text),
		OnLine:  func(line []byte) { answer = append(answer[:0], line...) },
	}
	process.Args = append(process.Args, l.exportFlags(t)...)
	if text != "" {
		process.Args = append(process.Args, "--eval-text", text)
	}
	exit, err := l.runProgram(ctx, process)
	switch {
	case err != nil:
		return journal.Evaluated{}, ended(err, process)
	case exit.Code != 0:
		return journal.Evaluated{}, &crash{journal.FailureEvaluateRefused, exitError(exit, lastWords(exit.Tail, "evaluator: "))}
	}
	evaluated, err := readEvaluation(answer)
	if err != nil {
		return evaluated, err
	}
	evaluated.TimeS, evaluated.MemoryGB = seconds(exit.Elapsed), table.Measure(exit.MemoryGB*gibibyte)
	return evaluated, mustBeTernary(evaluated)
}

// evalTokens limits what the evaluator measures, if the run does.
func (l *Loop) evalTokens() []string {
	if l.run.EvalTokens == 0 {
		return nil
	}
	return []string{"--eval-tokens", strconv.Itoa(l.run.EvalTokens)}
}

// mustBeTernary refuses a full-precision model in the export's place, which the
// evaluator measures for people who ask for it.
func mustBeTernary(evaluated journal.Evaluated) error {
	if evaluated.Ternary {
		return nil
	}
	return &crash{journal.FailureEvaluateRefused, errors.New("the export is a full-precision model, not a ternary one; leave the export to the harness")}
}

// readEvaluation reads the line that the evaluator prints.
func readEvaluation(line []byte) (journal.Evaluated, error) {
	evaluated := journal.Evaluated{EvalPPL: table.Missing(), EvalBPB: table.Missing()}
	if err := json.Unmarshal(line, &evaluated); err != nil {
		return evaluated, fmt.Errorf("read what the evaluator printed: %w", err)
	}
	if !(evaluated.EvalPPL >= 1) { // missing, too
		return evaluated, fmt.Errorf("read what the evaluator printed: eval_ppl is %q, which no perplexity is", evaluated.EvalPPL)
	}
	return evaluated, nil
}
