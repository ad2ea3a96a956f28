package measure

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/contract"
)

// loadChecked reads the model and, if it is an export, holds its values to those of
// the model that it was trained from.
func (o evaluateOptions) loadChecked() (subject.Subject, error) {
	if o.Ternary && o.Model == "" {
		return subject.Subject{}, program.Misuse(fmt.Errorf("--ternary asks for an export, and --model names none"))
	}
	model, err := o.subject().Load(o.Ternary)
	if err != nil || model.Export == nil {
		return model, err
	}
	bounds, err := model.Preset.Bounds()
	if err != nil {
		return subject.Subject{}, err
	}
	bounds.Biases = o.Biases
	if err := bounds.Check(*model.Export); err != nil {
		return subject.Subject{}, fmt.Errorf("refuse %s: %w", o.Model, err)
	}
	return model, nil
}

// measured adds to what was measured of a model what an export's bits are.
func measured(model subject.Subject, result contract.Evaluation) contract.Evaluation {
	if model.Export != nil {
		bits := model.Export.Bits()
		result.Bits = &bits
	}
	return result
}

func (o evaluateOptions) print(stdout io.Writer, m contract.Evaluation, kind string) error {
	if o.JSON {
		return json.NewEncoder(stdout).Encode(m)
	}
	_, err := fmt.Fprintf(stdout, "eval_ppl %.4f  eval_bpb %.4f  (%s; %d tokens, %d bytes, %d windows of %d tokens)\n",
		m.EvalPPL, m.EvalBPB, kind, m.Tokens, m.Bytes, m.Windows, m.Context)
	if err != nil || m.Bits == nil {
		return err
	}
	b := *m.Bits
	perWeight := func(bits float64) float64 { return bits / float64(b.Weights) }
	_, err = fmt.Fprintf(stdout, "bits: %.3f per ternary weight (codes %.3f, scales %.3f, biases %.3f, input scales %.3f); "+
		"%.2f per parameter with embedding (%.1f %% of all bits) and norms (%.1f %%)\n",
		b.PerWeight, perWeight(b.Codes), perWeight(b.Scales), perWeight(b.Biases), perWeight(b.InputScales),
		b.PerParameter, 100*b.Embedding/b.Total, 100*b.Norms/b.Total)
	return err
}
