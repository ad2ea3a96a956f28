package loop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/ternlab/ternlab/results"
	"github.com/ternlab/ternlab/workspace"
)

// evaluate measures the exported model with the fixed evaluator.
func (l *Loop) evaluate(ctx context.Context, c *candidate) error {
	l.screen.Doing(c.title + " · evaluating")
	if err := mustBePlain(l.folder.Export(c.number)); err != nil {
		return &crash{results.FailureEvaluateRefused, err}
	}
	var answer []byte
	process := workspace.Process{
		Path:    l.folder.Evaluator(),
		Args:    append([]string{"--model", l.folder.Export(c.number), "--preset", l.run.Preset, "--backend", l.run.Backend, "--json"}, l.evalTokens()...),
		Env:     l.dataEnv(),
		Dir:     l.repository.Root(),
		LogFile: filepath.Join(l.folder.Experiment(c.number), "evaluate.log"),
		Timeout: l.settings.timeoutAfter(l.baselineTime()),
		OnLine:  func(line []byte) { answer = append(answer[:0], line...) },
	}
	exit, err := workspace.Run(ctx, process)
	switch {
	case err != nil:
		return ended(err, process)
	case exit.Code != 0:
		return &crash{results.FailureEvaluateRefused, exitError(exit, lastWords(exit.Tail, "evaluator: "))}
	}
	c.evaluated, err = readEvaluation(answer)
	if err != nil {
		return err
	}
	if err := mustBeTernary(c.evaluated); err != nil {
		return err
	}
	c.evaluated.Seed, c.evaluated.TimeS = l.run.Seed, seconds(exit.Elapsed)
	return l.append(results.KindEvaluated, c.number, c.evaluated)
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
func mustBeTernary(evaluated results.Evaluated) error {
	if evaluated.Ternary {
		return nil
	}
	return &crash{results.FailureEvaluateRefused, errors.New("the export is a full-precision model, not a ternary one; leave the export to the harness")}
}

// readEvaluation reads the line that the evaluator prints.
func readEvaluation(line []byte) (results.Evaluated, error) {
	evaluated := results.Evaluated{EvalPPL: results.Missing(), EvalBPB: results.Missing()}
	if err := json.Unmarshal(line, &evaluated); err != nil {
		return evaluated, fmt.Errorf("read what the evaluator printed: %w", err)
	}
	if !evaluated.EvalPPL.Valid() {
		return evaluated, errors.New("read what the evaluator printed: no eval_ppl")
	}
	return evaluated, nil
}
