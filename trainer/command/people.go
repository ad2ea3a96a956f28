//go:build !candidate

package command

import (
	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/command/doctor"
	"github.com/ternlab/ternlab/trainer/command/measure"
	"github.com/ternlab/ternlab/trainer/command/presets"
	"github.com/ternlab/ternlab/trainer/command/texts"
	"github.com/ternlab/ternlab/trainer/command/write"
)

// forPeople are the commands that a candidate doesn't have.
func forPeople() []*cobra.Command {
	return append([]*cobra.Command{
		measure.New("evaluate"), write.NewExport(), write.NewGenerate(), write.NewPlot(),
		presets.NewPrepare(), presets.NewPretrain(), doctor.NewInstallPlugin(),
	}, texts.New()...)
}
