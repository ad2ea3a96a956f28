package write

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/plots"
)

// NewPlot is the command plot.
func NewPlot() *cobra.Command {
	var out string
	command := &cobra.Command{
		Use:   "plot [RUN_FOLDER | results.tsv ...]",
		Short: "Draw trainings: loss, eval_ppl, lambda, learning rate, codes, flips",
		Long: `Draws trainings over their steps, several of them overlaid: loss, eval_ppl of the
ternary model, lambda, learning rate, the shares of the codes -1, 0 and +1, and
the weights that change their code from step to step (where layers.tsv lies
beside results.tsv). Of an agent's run, the experiments that were kept are drawn.

Without a folder it draws runs/by-hand.`,
		Example: "  trainer plot --out training.png\n" +
			"  trainer plot runs/linear runs/cosine --out lambda.svg",
		RunE: func(command *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				paths = []string{subject.ByHand}
			}
			return runPlot(paths, out, command.OutOrStdout())
		},
	}
	command.Flags().StringVar(&out, "out", "", "file to write, .png or .svg")
	return command
}

func runPlot(paths []string, out string, stdout io.Writer) error {
	if out == "" {
		return program.Misuse(fmt.Errorf("--out is empty, want a file such as training.png"))
	}
	if ext := strings.ToLower(filepath.Ext(out)); ext != ".png" && ext != ".svg" {
		return program.Misuse(fmt.Errorf("--out is %q, want a file that ends in .png or .svg", out))
	}
	note, err := plots.Write(paths, out)
	if err != nil {
		return err
	}
	if note != "" {
		_, _ = fmt.Fprintln(stdout, note)
	}
	_, err = fmt.Fprintf(stdout, "%s written\n", out)
	return err
}
