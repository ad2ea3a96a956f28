package command

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// finding is what the doctor says of one thing.
type finding struct {
	Name   string `json:"name"`
	Status string `json:"status"` // ok, warn or fail
	Detail string `json:"detail"`
}

func newDoctor() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Say which backends and presets work here",
		Args:  noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			findings := examine()
			if asJSON {
				return json.NewEncoder(command.OutOrStdout()).Encode(findings)
			}
			for _, found := range findings {
				if _, err := fmt.Fprintf(command.OutOrStdout(), "%-4s  %-14s %s\n", found.Status, found.Name, found.Detail); err != nil {
					return err
				}
			}
			return nil
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return command
}

func examine() []finding {
	findings := []finding{{"build", "ok", fmt.Sprintf("%s for %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)}}
	for _, name := range []string{backend.Go, backend.XLA} {
		findings = append(findings, examineBackend(name))
	}
	return append(findings, examinePreset(prepare.Nano))
}

func examineBackend(name string) finding {
	found := finding{Name: "backend " + name, Status: "ok", Detail: "works"}
	engine, err := backend.Open(name)
	switch {
	case err != nil && name == backend.Go:
		found.Status, found.Detail = "fail", err.Error()
	case err != nil:
		found.Status, found.Detail = "warn", err.Error()
	default:
		engine.Backend.Finalize()
		if engine.Hint != "" {
			found.Status, found.Detail = "warn", engine.Hint
		}
	}
	return found
}

func examinePreset(name string) finding {
	found := finding{Name: "preset " + name, Status: "ok"}
	preset, err := prepare.Open(name)
	if err == nil {
		model, modelErr := preset.Model()
		err = modelErr
		found.Detail = fmt.Sprintf("%d parameters in %d layers", model.Config.NumParameters(), model.Config.NumHiddenLayers)
	}
	if err != nil {
		found.Status, found.Detail = "fail", err.Error()
	}
	return found
}
