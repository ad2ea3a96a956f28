package loop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ternlab/ternlab/results"
	"github.com/ternlab/ternlab/workspace"
)

// evaluate measures the exported model with the fixed evaluator.
func (l *Loop) evaluate(ctx context.Context, c *candidate) error {
	l.screen.Doing(c.title + " · evaluating")
	var answer []byte
	process := workspace.Process{
		Path:    l.folder.Evaluator(),
		Args:    []string{"--model", l.folder.Export(c.number), "--preset", l.run.Preset, "--backend", l.run.Backend, "--json"},
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
	c.evaluated.Seed, c.evaluated.TimeS = l.run.Seed, seconds(exit.Elapsed)
	return l.append(results.KindEvaluated, c.number, c.evaluated)
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
