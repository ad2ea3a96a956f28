package assemble

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/dataset"
)

// makeEvalText writes the evaluation text, unless it is there already.
func (w *work) makeEvalText(ctx context.Context) error {
	tokenizer, err := w.tokenizer()
	if err != nil {
		return err
	}
	source := from(w.plan.Eval.Files)
	target := filepath.Join(w.Data, w.spec.EvalFile)
	if w.hasEvalText(target, source, tokenizer) {
		return nil
	}
	var rows []string
	for _, file := range w.plan.Eval.Files {
		parquet := filepath.Join(w.downloads(), path.Base(file.Name))
		if err := w.fetch(ctx, file, parquet); err != nil {
			return err
		}
		for row, err := range dataset.Rows(parquet) {
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	data, err := prepare.NewEvalText(tokenizer, rows, w.spec.Context, source).JSON()
	if err == nil {
		err = renameio.WriteFile(target, data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write evaluation text: %w", err)
	}
	return nil
}

// hasEvalText tells whether the file is what makeEvalText would write.
func (w *work) hasEvalText(target string, source prepare.Source, tokenizer prepare.Tokenizer) bool {
	data, err := os.ReadFile(target)
	if err != nil {
		return false
	}
	text, err := prepare.ParseEvalText(data)
	return err == nil && text.TokenizerSum == tokenizer.SHA256() && text.Context == w.spec.Context &&
		text.Source.Repository == source.Repository && text.Source.Revision == source.Revision &&
		slices.Equal(text.Source.Files, source.Files)
}
