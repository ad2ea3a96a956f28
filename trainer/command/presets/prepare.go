package presets

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/assemble"
	"github.com/ternlab/ternlab/trainer/prepare/hub"
)

// NewPrepare is the command prepare.
func NewPrepare() *cobra.Command {
	var preset string
	var o assemble.Options
	command := &cobra.Command{
		Use:   "prepare",
		Short: "Fetch the model and the texts of a preset, once",
		Long: `Fetches a preset's model from the Hugging Face hub and tokenizes --train-tokens of
the text to train on, and the text to evaluate on.

` + aboutPresets() + `
A run that is interrupted goes on where it was when the same command is given
again. HF_TOKEN is sent to the hub if set; HF_ENDPOINT names another hub. The
same seed gives the same text.`,
		Example: "  trainer prepare --preset smollm-135m\n" +
			"  trainer --preset smollm-135m --steps 100",
		Args: program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			spec, err := prepare.FindSpec(preset)
			if err != nil {
				return program.Misuse(fmt.Errorf("--%w", err))
			}
			if spec.Embedded {
				_, err := fmt.Fprintf(command.OutOrStdout(), "preset %s is part of the program: there is nothing to prepare\n", preset)
				return err
			}
			return runPrepare(command.Context(), spec, o, command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringVar(&preset, "preset", prepare.SmolLM, "what to prepare: "+prepare.Names(prepare.Spec.IsFetched))
	flags.StringVar(&o.Data, "data", prepare.DataFolder(), subject.DataHelp)
	flags.StringVar(&o.ModelRevision, "revision", "main", "branch, tag or commit of the model")
	flags.StringVar(&o.TrainRevision, "train-revision", "main", "branch, tag or commit of the text to train on")
	flags.StringVar(&o.EvalRevision, "eval-revision", "main", "branch, tag or commit of the text to evaluate on")
	flags.IntVar(&o.TrainTokens, "train-tokens", 20_000_000, "tokens of training text, at 2 bytes each; 0 is all (some 470 million of TinyStories)")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of the stories' order")
	return command
}

// aboutPresets says of each preset that is fetched what that is.
func aboutPresets() string {
	var about strings.Builder
	for _, spec := range prepare.Specs() {
		if spec.IsFetched() {
			fmt.Fprintf(&about, "%s: %s\n", spec.Name, spec.About)
		}
	}
	return about.String()
}

func runPrepare(ctx context.Context, spec prepare.Spec, o assemble.Options, stdout, stderr io.Writer) error {
	switch {
	case o.TrainTokens < 0:
		return program.Misuse(fmt.Errorf("--train-tokens is %d, want 0 or more", o.TrainTokens))
	case o.Data == "" || o.ModelRevision == "" || o.TrainRevision == "" || o.EvalRevision == "":
		return program.Misuse(fmt.Errorf("--data and revisions must not be empty"))
	}
	client, err := hub.NewClient(os.Getenv("HF_ENDPOINT"), os.Getenv("HF_TOKEN"))
	if err != nil {
		return program.Misuse(err)
	}
	if err := assemble.Preset(ctx, client, spec, o, newPrepareProgress(stderr)); err != nil {
		return err
	}
	return printPrepared(spec, o.Data, stdout)
}

// printPrepared says what is in the data folder now.
func printPrepared(spec prepare.Spec, data string, stdout io.Writer) error {
	content, err := os.ReadFile(filepath.Join(data, spec.Name, prepare.TrainInfoFile))
	if err != nil {
		return err
	}
	train, err := prepare.ParseTrainInfo(content)
	if err != nil {
		return err
	}
	if content, err = os.ReadFile(filepath.Join(data, spec.EvalFile)); err != nil {
		return err
	}
	eval, err := prepare.ParseEvalText(content)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "preset %s is ready in %s\n"+
		"  training text    %d tokens of %d stories (%s at %.7s, seed %d)\n"+
		"  evaluation text  %d tokens, %d bytes, %d windows of %d tokens (%s at %.7s)\n",
		spec.Name, data, train.Tokens, train.Documents, train.Source.Repository, train.Source.Revision, train.Seed,
		eval.TokenCount, eval.ByteCount, eval.Windows, eval.Context, eval.Source.Repository, eval.Source.Revision)
	return err
}
