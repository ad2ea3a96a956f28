package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ternlab/ternlab/trainer/contract"
)

// Preset is what the evaluator says of the run's preset. It is there once the lab is
// prepared.
func (l *Lab) Preset() contract.Preset { return l.preset }

// describe asks the evaluator what the run's preset is.
func (l *Lab) describe(ctx context.Context) (preset contract.Preset, err error) {
	if l.protocol.Contract == 0 {
		return l.guessPreset()
	}
	answer, err := l.answer(ctx, contract.DescribeCommand, "--preset", l.protocol.Preset)
	if err == nil {
		err = json.Unmarshal(answer, &preset)
	}
	if err != nil {
		return preset, fmt.Errorf("ask the evaluator what preset %s is: %w", l.protocol.Preset, err)
	}
	return preset, nil
}

// guessPreset is for a run that was begun before evaluators described presets: one that
// was prepared has a folder of its name, and evaluation texts beside it.
func (l *Lab) guessPreset() (contract.Preset, error) {
	preset := contract.Preset{Name: l.protocol.Preset}
	folder := filepath.Join(l.data, preset.Name)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return preset, nil // it is embedded
	}
	texts, err := filepath.Glob(filepath.Join(l.data, "*.json"))
	if err != nil {
		return preset, fmt.Errorf("look for the evaluation text of preset %s: %w", preset.Name, err)
	}
	preset.TrainFiles, preset.EvalFiles = []string{folder}, texts
	return preset, nil
}
