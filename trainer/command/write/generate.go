package write

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/generate"
	"github.com/ternlab/ternlab/trainer/prepare"
)

type generateOptions struct {
	subject.Options
	prompt      string
	tokens      int
	temperature float64
	seed        uint64
	backend     string
}

// NewGenerate is the command generate.
func NewGenerate() *cobra.Command {
	var o generateOptions
	command := &cobra.Command{
		Use:   "generate",
		Short: "Let a model write text",
		Long: `Writes what a model says after a prompt, as it comes, up to --tokens tokens or the
end of the text. --model takes what trainer evaluate takes: an export, a model
folder or a GGUF file.

Standard output has the text alone.`,
		Example: "  trainer generate --model runs/by-hand/export --prompt 'One day, a small fox'\n" +
			"  trainer generate --model SmolLM2-135M.Q8_0.gguf --prompt 'The capital of France is' --temperature 0",
		Args: program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return runGenerate(command.Context(), o, command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.Model, "model", "", "export, model folder or GGUF file; empty is the preset's own full-precision model")
	o.AddFlags(command)
	flags.StringVar(&o.prompt, "prompt", "", "how the text begins; empty begins a new one")
	flags.IntVar(&o.tokens, "tokens", 100, "most tokens to write")
	flags.Float64Var(&o.temperature, "temperature", 0.8, "how freely tokens are drawn: 0 always takes the likeliest, 1 draws as the model says")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the draw")
	flags.StringVar(&o.backend, "backend", backend.Auto, backend.FlagHelp)
	return command
}

func (o generateOptions) check() error {
	switch {
	case o.tokens < 1:
		return program.Misuse(fmt.Errorf("--tokens is %d, want 1 or more", o.tokens))
	case o.temperature < 0 || math.IsNaN(o.temperature) || math.IsInf(o.temperature, 0):
		return program.Misuse(fmt.Errorf("--temperature is %g, want 0 or more", o.temperature))
	}
	return nil
}

func runGenerate(ctx context.Context, o generateOptions, stdout, stderr io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	model, err := o.Load(false)
	if err != nil {
		return err
	}
	tokenizer, err := model.Preset.Tokenizer()
	if err != nil {
		return err
	}
	prompt, err := promptTokens(tokenizer, o.prompt)
	if err != nil {
		return err
	}
	engine, err := backend.Open(o.backend, model.Network.Config.NumParameters())
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stderr, "backend %s: %s\n", engine.Name, engine.Reason)
	generator, err := generate.New(engine.Backend, model.Network, model.Weights, len(prompt)+o.tokens)
	if err != nil {
		return fmt.Errorf("%w (%d of the prompt, --tokens %d)", err, len(prompt), o.tokens)
	}
	text := generate.NewWriter(stdout)
	if err := text.Write(o.prompt); err != nil {
		return err
	}
	err = o.write(ctx, generator, tokenizer, prompt, text)
	return errors.Join(err, text.Close(), newline(stdout))
}

func newline(w io.Writer) error {
	_, err := fmt.Fprintln(w)
	return err
}

// promptTokens are the tokens that the model reads first.
func promptTokens(tokenizer prepare.Tokenizer, prompt string) ([]int32, error) {
	if tokens := tokenizer.Encode(prompt).IDs; len(tokens) > 0 {
		return tokens, nil
	}
	end, found := tokenizer.EndOfText()
	if !found {
		return nil, errors.New("--prompt is empty, and this model has no token that begins a text; say how it begins")
	}
	return []int32{end}, nil
}

// write reads the prompt and writes token by token what follows.
func (o generateOptions) write(ctx context.Context, generator *generate.Generator, tokenizer prepare.Tokenizer, prompt []int32, text *generate.Writer) error {
	var logits []float32
	var err error
	for _, token := range prompt {
		if logits, err = generator.Next(token); err != nil {
			return err
		}
	}
	sampler := generate.NewSampler(o.temperature, o.seed)
	end, hasEnd := tokenizer.EndOfText()
	for i := range o.tokens {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped after %d tokens: %w", i, err)
		}
		token := sampler.Pick(logits[:tokenizer.VocabSize()])
		if hasEnd && token == end {
			return nil
		}
		if err := text.Write(tokenizer.Decode(token)); err != nil {
			return fmt.Errorf("write text: %w", err)
		}
		if i+1 == o.tokens {
			return nil
		}
		if logits, err = generator.Next(token); err != nil {
			return err
		}
	}
	return nil
}
