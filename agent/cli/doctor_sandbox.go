package cli

import (
	"context"

	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// checkSandbox finds out what keeps experiments in.
func checkSandbox(ctx context.Context, _ string) []contract.Finding {
	found, err := sandbox.Detect(ctx, sandbox.Auto)
	if err != nil {
		return []contract.Finding{checked(
			"sandbox", contract.HealthFail, err.Error(),
			"docs/sandbox.md says what each level needs; `agent run --sandbox off` runs experiments with your rights",
		)}
	}
	if found.Missed != "" {
		return []contract.Finding{checked(
			"sandbox", contract.HealthWarn, found.String()+"; no namespaces here: "+found.Missed,
			"allow unprivileged user namespaces for the stricter level; see docs/sandbox.md",
		)}
	}
	return []contract.Finding{checked("sandbox", contract.HealthOK, found.String(), "")}
}
