package train

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/progress"
)

// sandboxOff is --sandbox's word for none.
const sandboxOff = "off"

// Enclosed is a training that a person asks for, to be done by a process in the
// sandbox: what that has to reach, as the command line names it.
type Enclosed struct {
	Sandbox  string   // as --sandbox has it
	Backend  string   // as --backend has it
	Data     string   // folder of prepared presets, which need not exist
	Models   []string // folders of models and presets; or files
	Read     []string // files of texts
	Out      string   // folder to write
	Steps    int
	Reporter progress.Reporter // shows the training's events
}

// Outside is the command that trains, without a recipe: start has the training done by
// a process in the sandbox.
func Outside(start func(ctx context.Context, training Enclosed) error) *cobra.Command {
	return newTrain(func(ctx context.Context, o trainOptions, stdout io.Writer) error {
		if err := o.check(); err != nil {
			return err
		}
		reporter, err := newReporter(o, stdout)
		if err != nil {
			return err
		}
		return start(ctx, o.enclosed(reporter))
	})
}

// enclosed says what the training reaches.
func (o trainOptions) enclosed(reporter progress.Reporter) Enclosed {
	training := Enclosed{
		Sandbox: o.sandbox, Backend: o.Backend, Data: o.data, Out: o.Out, Steps: o.Steps, Reporter: reporter,
		Read: slices.Clone(o.trainText),
	}
	if o.model != "" {
		training.Models = append(training.Models, o.model)
	}
	if preset, err := prepare.OpenIn(o.Preset, o.data); err == nil { // else the training says so
		training.Models = append(training.Models, preset.TrainFiles()...)
		training.Read = append(training.Read, preset.EvalFiles()...)
	}
	if o.evalText != "" {
		training.Read = append(training.Read, o.evalText)
	}
	return training
}
