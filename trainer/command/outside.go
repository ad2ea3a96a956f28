package command

import (
	"context"
	"io"
	"path/filepath"
	"slices"

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

// Start has a training done by a process in the sandbox and returns its exit code; or
// says that it isn't done, because no sandbox is wanted.
type Start func(ctx context.Context, training Enclosed) (code int, done bool, err error)

// Outside runs a trainer's command line without a recipe: all commands but training,
// which start does. It returns the exit code, or that this process is to train itself.
func Outside(start Start, draw DrawPicture) (code int, done bool) {
	done = true
	root := newTrain(func(ctx context.Context, o trainOptions, stdout io.Writer) error {
		if err := o.check(); err != nil {
			return err
		}
		reporter, err := newReporter(o, stdout)
		if err != nil {
			return err
		}
		code, done, err = start(ctx, o.enclosed(reporter))
		return err
	})
	addTrainers(root, draw)
	if failed := execute(root, "trainer"); failed != 0 {
		return failed, true
	}
	return code, done
}

// enclosed says what the training reaches.
func (o trainOptions) enclosed(reporter progress.Reporter) Enclosed {
	training := Enclosed{
		Sandbox: o.sandbox, Backend: o.backend, Data: o.data, Out: o.out, Steps: o.steps, Reporter: reporter,
		Read: slices.Clone(o.trainText),
	}
	if o.model != "" {
		training.Models = append(training.Models, o.model)
	}
	if o.preset != prepare.Nano {
		training.Models = append(training.Models, filepath.Join(o.data, o.preset))
		training.Read = append(training.Read, filepath.Join(o.data, prepare.EvalFile))
	}
	if o.evalText != "" {
		training.Read = append(training.Read, o.evalText)
	}
	return training
}
