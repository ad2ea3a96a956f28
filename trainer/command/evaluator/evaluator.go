// Package evaluator puts the evaluator's command line together. It must link nothing
// that trains, fetches, draws or judges: TestWhatProgramsLink of package command and the
// linter hold it.
package evaluator

import (
	"github.com/ternlab/ternlab/trainer/command/describe"
	"github.com/ternlab/ternlab/trainer/command/doctor"
	"github.com/ternlab/ternlab/trainer/command/measure"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/texts"
)

// Run runs the evaluator's command line and returns its exit code.
func Run() int {
	root := measure.New("evaluator")
	root.AddCommand(doctor.NewSelfTest(), describe.New())
	root.AddCommand(texts.New()...)
	return program.Run(root, "evaluator")
}
