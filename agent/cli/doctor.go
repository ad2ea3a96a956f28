package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/trainer/contract"
)

// doctorOptions are the flags of `agent doctor`.
type doctorOptions struct {
	json bool
}

func newDoctorCommand(a *app) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check what this machine offers",
		Long: `doctor looks at all that a run needs: Go, a C compiler, git, the trainer's
backends and presets, the language model's endpoint, disk space. Each line says
ok, warn (a run works without) or fail (no run works), and what to do about it.
It exits with 1 if a check failed.`,
		Example: `  agent doctor
  agent doctor --json | jq '.[] | select(.status != "ok")'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), a, o) },
	}
	cmd.Flags().BoolVar(&o.json, "json", false, "print a JSON array")
	return cmd
}

func checked(name string, status contract.Health, detail, fix string) contract.Finding {
	return contract.Finding{Name: name, Status: status, Detail: detail, Fix: fix}
}

func runDoctor(ctx context.Context, a *app, o doctorOptions) error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	var findings []contract.Finding
	for _, check := range []func(context.Context, string) []contract.Finding{
		checkGo, checkRepository, checkDisk, checkSandbox, checkTrainer, checkEndpoint,
	} {
		findings = append(findings, check(ctx, root)...)
	}
	if o.json {
		if err := a.printJSON(findings); err != nil {
			return err
		}
	} else {
		a.printFindings(findings)
	}
	failed := 0
	for _, f := range findings {
		if f.Status == contract.HealthFail {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(findings))
	}
	return nil
}

func (a *app) printFindings(findings []contract.Finding) {
	width := 0
	for _, f := range findings {
		width = max(width, len(f.Name))
	}
	for _, f := range findings {
		a.print("%-4s  %-*s  %s\n", f.Status, width, line.Clean(f.Name), line.Clean(f.Detail))
		if f.Fix != "" {
			a.print("%-4s  %-*s  → %s\n", "", width, "", line.Clean(f.Fix))
		}
	}
}
