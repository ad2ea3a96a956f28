package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ternlab/ternlab/agent/lab/local"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/trainer/backend/places"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// checkTrainer asks a trainer that was built before about backends and presets,
// which only a trainer knows.
func checkTrainer(ctx context.Context, root string) []contract.Finding {
	binary, err := findTrainer(root)
	if err != nil {
		return []contract.Finding{checked("trainer", contract.HealthFail, err.Error(), "")}
	}
	if binary == "" {
		return []contract.Finding{checked(
			"trainer", contract.HealthWarn, "not built yet, so its backends and presets are unknown",
			"`go build -o bin/ ./trainer`, or the first `agent run`, builds it",
		)}
	}
	findings, err := askTrainer(ctx, root, binary)
	if err != nil {
		return []contract.Finding{checked("trainer", contract.HealthFail, err.Error(), "build it anew: `go build -o bin/ ./trainer`")}
	}
	return findings
}

// findTrainer returns the path of a trainer's binary: one that the user built,
// else the latest run's, else none.
func findTrainer(root string) (string, error) {
	candidates := []string{filepath.Join(root, "bin", "trainer")}
	tags, err := runs.Tags(root)
	if err != nil {
		return "", err
	}
	for _, tag := range tags {
		kept, err := filepath.Glob(runs.NewFolder(root, tag).TrainerOf("*"))
		if err != nil {
			return "", fmt.Errorf("list the trainers of run %s: %w", tag, err)
		}
		candidates = append(candidates, kept...)
	}
	for _, candidate := range candidates {
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() {
			return candidate, nil
		}
	}
	return "", nil
}

// askTrainer runs `trainer doctor --json`, which prints an array of findings.
func askTrainer(ctx context.Context, root, binary string) ([]contract.Finding, error) {
	var answer []byte
	// It may be a candidate's: it gets what a training gets, less a place to write to.
	kept, err := sandbox.Detect(ctx, sandbox.Auto)
	if err != nil {
		kept = sandbox.Sandbox{}
		if strings.HasPrefix(binary, filepath.Join(root, "runs")) {
			return nil, fmt.Errorf("%s comes of an experiment and isn't run without a sandbox", binary)
		}
	}
	data := filepath.Join(root, "data")
	needs := places.This().Files("auto")
	exit, err := proc.Run(ctx, proc.Process{
		Path: binary, Args: []string{"doctor", "--json"}, Timeout: 2 * time.Minute,
		Env: append(needs.Environment(), "TERNLAB_DATA="+data), Sandbox: kept, Grant: local.TrainerGrant(binary, needs, data),
		OnLine: func(line []byte) { answer = append(answer, line...) },
	})
	if err != nil {
		return nil, err
	}
	if exit.Code != 0 {
		return nil, fmt.Errorf("trainer doctor: exit status %d: %s", exit.Code, exit.Tail)
	}
	var findings []contract.Finding
	if err := json.Unmarshal(answer, &findings); err != nil {
		return nil, fmt.Errorf("read what trainer doctor printed: %w", err)
	}
	return findings, nil
}
