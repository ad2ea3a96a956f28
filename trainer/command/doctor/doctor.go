package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/unseen"
)

// New is the command doctor.
func New() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Say which backends and presets work here",
		Args:  program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			findings := examine()
			if asJSON {
				return json.NewEncoder(command.OutOrStdout()).Encode(findings)
			}
			for _, found := range findings {
				if err := printFinding(command.OutOrStdout(), found); err != nil {
					return err
				}
			}
			return nil
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return command
}

// printFinding writes the detail and below it the fix, in lines of about 100 columns.
func printFinding(w io.Writer, f contract.Finding) error {
	lines := wrap(f.Detail, 79)
	if f.Fix != "" {
		lines = append(lines, wrap("→ "+f.Fix, 79)...)
	}
	status, name := f.Status, f.Name
	for _, line := range lines {
		if _, err := fmt.Fprintf(w, "%-4s  %-14s %s\n", status, name, line); err != nil {
			return err
		}
		status, name = "", ""
	}
	return nil
}

// wrap breaks a text between words into lines of at most so many bytes; a
// longer word has a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

func examine() []contract.Finding {
	build := fmt.Sprintf("%s for %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	findings := []contract.Finding{{Name: "build", Status: contract.HealthOK, Detail: build}}
	for _, name := range []string{backend.Go, backend.XLA, backend.CUDA, backend.Metal} {
		findings = append(findings, examineBackend(name))
	}
	for _, spec := range prepare.Specs() {
		findings = append(findings, ExaminePreset(spec))
	}
	return findings
}

func examineBackend(name string) contract.Finding {
	diagnosis := backend.Diagnose(name)
	found := contract.Finding{Name: "backend " + name, Status: contract.HealthOK, Detail: string(diagnosis.State), Fix: diagnosis.Fix}
	if diagnosis.Detail != "" {
		found.Detail += ": " + diagnosis.Detail
	} else if diagnosis.Plugin != "" {
		found.Detail += ": " + diagnosis.Plugin
	}
	if diagnosis.State == backend.Missing || diagnosis.State == backend.Broken || diagnosis.Fix != "" {
		found.Status = contract.HealthWarn
	}
	return found
}

// ExaminePreset looks at all of a preset but its weights, which take long.
func ExaminePreset(spec prepare.Spec) contract.Finding {
	found := contract.Finding{Name: "preset " + spec.Name, Status: contract.HealthOK}
	detail, err := describePreset(spec.Name)
	switch {
	case err == nil:
		found.Detail = detail
	case spec.Embedded:
		found.Status, found.Detail = contract.HealthFail, err.Error()
	default: // fetched only by those who want it
		found.Status, found.Detail = contract.HealthWarn, err.Error()
	}
	return found
}

func describePreset(name string) (string, error) {
	preset, err := prepare.Open(name)
	if err != nil {
		return "", err
	}
	config, err := preset.Config()
	if err != nil {
		return "", err
	}
	train, err := preset.TrainTokens()
	if err != nil {
		return "", err
	}
	found := fmt.Sprintf("%d parameters in %d layers, %d tokens to train on", config.NumParameters(), config.NumHiddenLayers, train.Len())
	eval, err := preset.EvalTokens()
	if errors.Is(err, unseen.ErrCandidate) {
		return found + "; it is a candidate's trainer, which evaluates nothing", nil
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %d to evaluate on", found, len(eval.IDs)), nil
}
