package describe

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// New is the command describe.
func New() *cobra.Command {
	var name, data string
	command := &cobra.Command{
		Use:   contract.DescribeCommand,
		Short: "Say what a preset is, as one JSON object",
		Args:  program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return describe(name, data, command.OutOrStdout())
		},
	}
	flags := command.Flags()
	flags.StringVar(&name, "preset", prepare.Nano, "model and texts: "+prepare.Names(nil))
	flags.StringVar(&data, "data", prepare.DataFolder(), subject.DataHelp)
	return command
}

func describe(name, data string, stdout io.Writer) error {
	preset, err := prepare.OpenIn(name, data)
	if err != nil {
		return program.Misuse(err)
	}
	err = json.NewEncoder(stdout).Encode(contract.Preset{
		Name: preset.Name, Context: preset.Context, MakesTexts: preset.MakesTexts,
		TrainFiles: preset.TrainFiles(), EvalFiles: preset.EvalFiles(),
	})
	if err != nil {
		return fmt.Errorf("write the preset's description: %w", err)
	}
	return nil
}
