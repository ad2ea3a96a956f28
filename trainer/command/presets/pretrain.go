package presets

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/pretrain"
)

// NewPretrain is the command pretrain, which can make the evaluation texts anew; a
// candidate must not hold it.
func NewPretrain() *cobra.Command {
	var options pretrain.Options
	var engineName string
	command := &cobra.Command{
		Use:   "pretrain",
		Short: "Make the nano preset anew: texts, tokenizer and pretrained model",
		Long: `Makes the nano preset: generates its texts, trains its tokenizer on them, and
trains a small Llama in full precision on both styles of text. The preset in the
repository was made so, with the default flags on a GPU, by the code of the
commit that added it. Texts and tokenizer come out the same everywhere; the
weights depend on the backend's rounding.`,
		Example: "  trainer pretrain --out /tmp/nano",
		Args:    program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			if options.Out == "" {
				return program.Misuse(fmt.Errorf("--out is empty, want a folder"))
			}
			if options.Steps < 1 || options.Batch < 1 {
				return program.Misuse(fmt.Errorf("--steps and --batch must be 1 or more"))
			}
			engine, err := backend.Open(engineName, 0) // the preset is small
			if err != nil {
				return err
			}
			options.Backend = engine.Backend
			options.Report = reportLoss(command.OutOrStdout(), options.Steps)
			return pretrain.Make(command.Context(), options)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Out, "out", "", "folder to write")
	flags.IntVar(&options.Steps, "steps", 12000, "training steps")
	flags.IntVar(&options.Batch, "batch", 16, "sequences of 256 tokens per step")
	flags.Uint64Var(&options.Seed, "seed", 1, "seed of texts, weights and the order of the data")
	flags.StringVar(&engineName, "backend", backend.Auto, backend.FlagHelp)
	return command
}

// reportLoss prints the mean loss of every 100 steps.
func reportLoss(w io.Writer, steps int) func(step int, loss float64) {
	var sum float64
	started := time.Now()
	return func(step int, loss float64) {
		sum += loss
		if step%100 == 0 {
			_, _ = fmt.Fprintf(w, "step %d/%d  loss %.4f  %.0fs\n", step, steps, sum/100, time.Since(started).Seconds())
			sum = 0
		}
	}
}
