package doctor

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/backend/selftest"
	"github.com/ternlab/ternlab/trainer/command/program"
)

// NewSelfTest is the process in which package backend tries a plugin, not a
// command for people.
func NewSelfTest() *cobra.Command {
	return &cobra.Command{
		Use:    backend.SelfTestCommand + " ENGINE:FILE",
		Short:  "Compare a plugin's training step with the go backend's",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE:   func(_ *cobra.Command, arguments []string) error { return runSelfTest(arguments[0]) },
	}
}

func runSelfTest(plugin string) error {
	engine, file, named := strings.Cut(plugin, ":")
	if !named {
		return program.Misuse(fmt.Errorf("self-test of %q: want ENGINE:FILE", plugin))
	}
	candidate, err := backend.OpenForSelfTest(engine, file)
	if err != nil {
		return err
	}
	reference, err := backend.Open(backend.Go, 0)
	if err != nil {
		return err
	}
	return selftest.Compare(candidate, reference.Backend)
}
