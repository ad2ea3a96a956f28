package write

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/prepare"
)

type exportOptions struct {
	subject.Options
	out        string
	format     string
	embeddings string
}

// Formats of trainer export.
const (
	formatQ2  = "gguf-q2_0"
	formatF16 = "gguf-f16"
)

// NewExport is the command export.
func NewExport() *cobra.Command {
	var o exportOptions
	command := &cobra.Command{
		Use:   "export",
		Short: "Write a trained model as a GGUF file, for llama.cpp",
		Long: `Writes the ternary model of a training (its export/ folder) as one GGUF file with
its tokenizer, which llama.cpp runs.

--format gguf-q2_0 keeps codes and scales as they are, in 2.25 bits a weight. It
  needs groups of 64 weights or a multiple, and a llama.cpp that knows Q2_0.
--format gguf-f16 holds codes times scales, exactly, for any llama.cpp and any
  group size.

Only the embedding is rounded, to --embeddings; f32 leaves it as it was trained.
See docs/export.md.`,
		Example: "  trainer export --out ternary.gguf\n" +
			"  trainer export --model runs/big/export --reference SmolLM2-135M.Q8_0.gguf --embeddings q8_0 --out big.gguf",
		Args: program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return runExport(o, command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.Model, "model", subject.ByHand+"/export", "export of a training")
	o.AddFlags(command)
	flags.StringVar(&o.out, "out", "", "file to write")
	flags.StringVar(&o.format, "format", formatQ2, "gguf-q2_0 (ternary) or gguf-f16 (dequantized)")
	flags.StringVar(&o.embeddings, "embeddings", "f16", "type of the embedding, which is the output layer, too: f32, f16 or q8_0")
	return command
}

func (o exportOptions) check() error {
	switch {
	case o.out == "":
		return program.Misuse(fmt.Errorf("--out is empty, want a file such as ternary.gguf"))
	case o.format != formatQ2 && o.format != formatF16:
		return program.Misuse(fmt.Errorf("--format is %q, want %s or %s", o.format, formatQ2, formatF16))
	case o.embeddings != "f32" && o.embeddings != "f16" && o.embeddings != "q8_0":
		return program.Misuse(fmt.Errorf("--embeddings is %q, want f32, f16 or q8_0", o.embeddings))
	}
	return nil
}

func runExport(o exportOptions, stdout, stderr io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	preset, err := subject.OpenPreset(o.Preset, o.Data, "--reference", o.Reference)
	if err != nil {
		return err
	}
	export, err := o.OpenExport(preset)
	if err != nil {
		return err
	}
	options, err := o.options(preset)
	if err != nil {
		return err
	}
	if export.Activations.Bits != 16 {
		_, _ = fmt.Fprintf(stderr, "warning: this model was trained with inputs of linear layers in %d bits, which a GGUF file can't say; "+
			"llama.cpp will compute with inputs of its own precision, so its perplexity differs from eval_ppl\n", export.Activations.Bits)
	}
	if err := checkpoint.WriteGGUF(o.out, export, options); err != nil {
		return err
	}
	info, err := os.Stat(o.out)
	if err != nil {
		return fmt.Errorf("measure what was written: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s written: %s, embeddings %s, %.1f MB\n", o.out, o.format, o.embeddings, float64(info.Size())/1e6)
	return err
}

func (o exportOptions) options(preset prepare.Preset) (checkpoint.GGUFOptions, error) {
	options := checkpoint.GGUFOptions{Ternary: o.format == formatQ2, Embeddings: o.embeddings, EndOfText: -1}
	options.Name = strings.TrimSuffix(filepath.Base(o.out), filepath.Ext(o.out))
	tokenizer, err := preset.Tokenizer()
	if err != nil {
		return checkpoint.GGUFOptions{}, err
	}
	if options.Vocabulary, err = tokenizer.Vocabulary(); err != nil {
		return checkpoint.GGUFOptions{}, fmt.Errorf("%w, so no GGUF file can hold it", err)
	}
	if end, found := tokenizer.EndOfText(); found {
		options.EndOfText = int(end)
	}
	return options, nil
}
