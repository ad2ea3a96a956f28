package measure

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/evaluate"
)

// loadChecked reads the model and, if it is an export, holds its values to those of
// the model that it was trained from.
func (o evaluateOptions) loadChecked() (subject.Subject, error) {
	if o.ternary && o.Model == "" {
		return subject.Subject{}, program.Misuse(fmt.Errorf("--ternary asks for an export, and --model names none"))
	}
	model, err := o.Load(o.ternary)
	if err != nil || model.Export == nil {
		return model, err
	}
	bounds, err := model.Preset.Bounds()
	if err != nil {
		return subject.Subject{}, err
	}
	bounds.Biases = o.biases
	if err := bounds.Check(*model.Export); err != nil {
		return subject.Subject{}, fmt.Errorf("refuse %s: %w", o.Model, err)
	}
	return model, nil
}

// measurement is what was measured of a model, as --json prints it.
type measurement struct {
	evaluate.Result
	Bits *checkpoint.Bits `json:"bits,omitempty"` // of an export
}

func measured(model subject.Subject, result evaluate.Result) measurement {
	if model.Export == nil {
		return measurement{Result: result}
	}
	bits := model.Export.Bits()
	return measurement{result, &bits}
}

func (o evaluateOptions) print(stdout io.Writer, m measurement, kind string) error {
	if o.json {
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
