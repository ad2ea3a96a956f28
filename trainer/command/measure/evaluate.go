package measure

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/evaluate"
)

type evaluateOptions struct {
	subject.Options
	evalText   string
	evalTokens int
	context    int
	backend    string
	json       bool
	ternary    bool
	biases     bool
}

// New is the command, under the name that a program has for it.
func New(name string) *cobra.Command {
	var o evaluateOptions
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
	flags.StringVar(&o.Model, "model", "", "export, model folder or GGUF file to measure; empty is the preset's own full-precision model")
	o.AddFlags(command)
	flags.StringVar(&o.evalText, "eval-text", "", "file to measure on; empty is the preset's evaluation text")
	flags.IntVar(&o.evalTokens, "eval-tokens", 0, subject.EvalTokensHelp)
	flags.IntVar(&o.context, "context", 0, "tokens of a window; 0 is the preset's")
	flags.StringVar(&o.backend, "backend", backend.Auto, backend.FlagHelp)
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	flags.BoolVar(&o.ternary, "ternary", false, "refuse a --model that isn't an export of the trainer")
	flags.BoolVar(&o.biases, "biases", true, "let an export have biases, which only a recipe with DeadZoneRecovery tequila makes")
	return command
}

func runEvaluate(o evaluateOptions, stdout io.Writer) error {
	if o.evalTokens < 0 {
		return program.Misuse(fmt.Errorf("--eval-tokens is %d, want 0 (all) or more", o.evalTokens))
	}
	model, err := o.loadChecked()
	if err != nil {
		return err
	}
	text, err := model.Preset.WithEvalText(o.evalText).WithEvalLimit(o.evalTokens).EvalTokens()
	if err != nil {
		return err
	}
	if o.context == 0 {
		o.context = model.Preset.Context
	}
	engine, err := backend.Open(o.backend, model.Network.Config.NumParameters())
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
	if o.json {
		return nil
	}
	_, err := fmt.Fprintf(stdout, "backend %s: %s\n", engine.Name, engine.Reason)
	if err == nil && engine.Hint != "" {
		_, err = fmt.Fprintln(stdout, engine.Hint)
	}
	return err
}
