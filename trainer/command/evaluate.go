package command

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/prepare"
)

type evaluateOptions struct {
	model    string
	preset   string
	evalText string
	context  int
	backend  string
	json     bool
}

func newEvaluate(name string) *cobra.Command {
	var o evaluateOptions
	command := &cobra.Command{
		Use:   name,
		Short: "Measure eval_ppl and eval_bpb of a model folder",
		Long: `Measures the perplexity of a model over a text: windows of --context tokens that
don't overlap, every token but a window's first predicted from those before it.

--model takes an export, which must be ternary through and through, or a
full-precision model, which is named as such. Architecture and tokenizer are
those of --preset.`,
		Example: "  " + name + " --model runs/by-hand/export --json",
		Args:    noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return runEvaluate(o, command.OutOrStdout())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.model, "model", "", "folder with config.json and model.safetensors; empty is the preset's own full-precision model")
	flags.StringVar(&o.preset, "preset", prepare.Nano, "architecture, tokenizer and evaluation text: nano")
	flags.StringVar(&o.evalText, "eval-text", "", "file to measure on; empty is the preset's evaluation text")
	flags.IntVar(&o.context, "context", 0, "tokens of a window; 0 is the preset's")
	flags.StringVar(&o.backend, "backend", backend.Auto, backend.FlagHelp)
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	return command
}

func runEvaluate(o evaluateOptions, stdout io.Writer) error {
	preset, err := prepare.Open(o.preset)
	if err != nil {
		return usageError{err}
	}
	network, weights, err := o.load(preset)
	if err != nil {
		return err
	}
	text, err := o.text(preset)
	if err != nil {
		return err
	}
	if o.context == 0 {
		o.context = preset.Context
	}
	engine, err := backend.Open(o.backend, network.Config.NumParameters())
	if err != nil {
		return err
	}
	defer engine.Backend.Finalize()
	evaluator, err := evaluate.New(engine.Backend, network, text, o.context)
	if err != nil {
		return err
	}
	result, err := evaluator.Measure(weights)
	if err != nil {
		return err
	}
	return o.print(stdout, result)
}

// load reads the model, which must be of the preset's architecture.
func (o evaluateOptions) load(preset prepare.Preset) (evaluate.Network, evaluate.Weights, error) {
	reference, err := preset.Model()
	if err != nil {
		return evaluate.Network{}, evaluate.Weights{}, err
	}
	network := evaluate.Network{Config: reference.Config}
	if o.model == "" {
		return network, evaluate.ModelWeights(reference), nil
	}
	folder := os.DirFS(o.model)
	ternary, err := checkpoint.IsExport(folder)
	if err != nil {
		return network, evaluate.Weights{}, fmt.Errorf("open --model %s: %w", o.model, err)
	}
	if !ternary {
		return o.loadFull(folder, network)
	}
	export, err := checkpoint.ReadExport(folder, reference.Config)
	if err != nil {
		return network, evaluate.Weights{}, fmt.Errorf("refuse %s: %w", o.model, err)
	}
	network.Ternary, network.ActivationBits = true, export.ActivationBits
	return network, evaluate.ExportWeights(export), nil
}

func (o evaluateOptions) loadFull(folder fs.FS, network evaluate.Network) (evaluate.Network, evaluate.Weights, error) {
	model, err := checkpoint.ReadModel(folder)
	if err != nil {
		return network, evaluate.Weights{}, fmt.Errorf("open --model %s: %w", o.model, err)
	}
	if model.Config != network.Config {
		return network, evaluate.Weights{}, fmt.Errorf("open --model %s: its config.json describes another model than preset %s", o.model, o.preset)
	}
	return network, evaluate.ModelWeights(model), nil
}

func (o evaluateOptions) text(preset prepare.Preset) (prepare.Tokens, error) {
	if o.evalText == "" {
		return preset.EvalTokens()
	}
	text, err := os.ReadFile(o.evalText)
	if err != nil {
		return prepare.Tokens{}, fmt.Errorf("read --eval-text: %w", err)
	}
	tokenizer, err := prepare.ReadTokenizer(preset.Folder)
	if err != nil {
		return prepare.Tokens{}, err
	}
	return tokenizer.Encode(string(text)), nil
}

func (o evaluateOptions) print(stdout io.Writer, result evaluate.Result) error {
	if o.json {
		return json.NewEncoder(stdout).Encode(result)
	}
	kind := "full precision, not ternary"
	if result.Ternary {
		kind = "ternary"
	}
	_, err := fmt.Fprintf(stdout, "eval_ppl %.4f  eval_bpb %.4f  (%s; %d tokens, %d bytes, %d windows of %d tokens)\n",
		result.EvalPPL, result.EvalBPB, kind, result.Tokens, result.Bytes, result.Windows, result.Context)
	return err
}
