package measure

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/settings"
)

type evaluateOptions struct {
	contract.Measurement
	contract.Export
	reference string
	data      string
	context   int
}

// subject is the model that is measured.
func (o evaluateOptions) subject() subject.Options {
	return subject.Options{Model: o.Model, Reference: o.reference, Preset: o.Preset, Data: o.data}
}

// New is the command, under the name that a program has for it.
func New(name string) *cobra.Command {
	o := evaluateOptions{
		Measurement: contract.Measurement{Preset: prepare.Nano, Backend: backend.Auto},
		Export:      contract.Export{Biases: true},
	}
	command := &cobra.Command{
		Use:   name,
		Short: "Measure eval_ppl and eval_bpb of a model",
		Long: `Measures the perplexity of a model over a text: windows of --context tokens that
don't overlap, every token but a window's first predicted from those before it.

--model takes
  an export of the trainer, which must be ternary through and through and of
    the architecture of the model that it was trained from: that of --reference
    or else of --preset, whose tokenizer is used;
    Its values must be about as large as that model's (docs/sandbox.md);
  a model folder (config.json, model.safetensors, tokenizer.json) or a GGUF file
    with architecture and tokenizer of its own, named as what it holds. A folder
    without tokenizer.json uses that of --reference or --preset if it has the
    same architecture.`,
		Example: "  " + name + " --model runs/by-hand/export --json\n" +
			"  " + name + " --model SmolLM2-135M.Q8_0.gguf --eval-text book.txt\n" +
			"  " + name + " --model runs/by-hand/export --reference SmolLM2-135M.Q8_0.gguf --eval-text book.txt",
		Args: program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return runEvaluate(o, command.OutOrStdout())
		},
	}
	flags := command.Flags()
	settings.AddFlags(flags, &o)
	flags.Lookup("preset").Usage += ": " + prepare.Names(nil)
	flags.Lookup("backend").Usage = backend.FlagHelp
	flags.StringVar(&o.reference, "reference", "", subject.ReferenceHelp)
	flags.StringVar(&o.data, "data", prepare.DataFolder(), subject.DataHelp)
	flags.IntVar(&o.context, "context", 0, "tokens of a window; 0 is the preset's")
	return command
}

func runEvaluate(o evaluateOptions, stdout io.Writer) error {
	if o.EvalTokens < 0 {
		return program.Misuse(fmt.Errorf("--eval-tokens is %d, want 0 (all) or more", o.EvalTokens))
	}
	model, err := o.loadChecked()
	if err != nil {
		return err
	}
	text, err := model.Preset.WithEvalText(o.EvalText).WithEvalLimit(o.EvalTokens).EvalTokens()
	if err != nil {
		return err
	}
	if o.context == 0 {
		o.context = model.Preset.Context
	}
	engine, err := backend.Open(o.Backend, model.Network.Config.NumParameters())
	if err != nil {
		return err
	}
	if err := o.announce(stdout, engine); err != nil {
		return err
	}
	evaluator, err := evaluate.New(engine.Backend, model.Network, text, o.context)
	if err != nil {
		return err
	}
	result, err := evaluator.Measure(model.Weights)
	if err != nil {
		return err
	}
	return o.print(stdout, measured(model, result), model.Kind)
}

// announce says which backend measures and why, to a person.
func (o evaluateOptions) announce(stdout io.Writer, engine backend.Engine) error {
	if o.JSON {
		return nil
	}
	_, err := fmt.Fprintf(stdout, "backend %s: %s\n", engine.Name, engine.Reason)
	if err == nil && engine.Hint != "" {
		_, err = fmt.Fprintln(stdout, engine.Hint)
	}
	return err
}
