package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sashabaranov/go-openai"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/workspace/build"
	"github.com/ternlab/ternlab/workspace/diskspace"
	"github.com/ternlab/ternlab/workspace/repo"
)

// checkGo looks at what candidates are built with.
func checkGo(ctx context.Context, root string) []contract.Finding {
	toolchain, err := build.Detect(ctx, root)
	if err != nil {
		return []contract.Finding{checked("go", contract.HealthFail, err.Error(), "install Go 1.26 or later from https://go.dev/dl")}
	}
	version := toolchain.GoVersion
	if toolchain.SIMD {
		version += ", with SIMD for the go backend"
	}
	compiler := checked("compiler", contract.HealthOK, toolchain.Compiler, "")
	if !toolchain.CGO {
		compiler = checked(
			"compiler", contract.HealthWarn, "no C compiler: the trainer is built with the go backend alone",
			"install gcc or clang for the xla backend",
		)
	}
	return []contract.Finding{checked("go", contract.HealthOK, version, ""), compiler}
}

// checkRepository looks at where experiments are recorded.
func checkRepository(_ context.Context, root string) []contract.Finding {
	repository, err := repo.Open(root)
	if errors.Is(err, repo.ErrNoRepository) {
		return []contract.Finding{checked("git", contract.HealthWarn, "no repository at "+root, "`agent run` makes one; no git program is needed")}
	}
	if err != nil {
		return []contract.Finding{checked("git", contract.HealthFail, err.Error(), "repair the repository, or clone it again")}
	}
	head, dirty, err := repository.Head()
	switch {
	case err != nil:
		return []contract.Finding{checked("git", contract.HealthFail, err.Error(), "commit the project's files first")}
	case dirty:
		return []contract.Finding{checked("git", contract.HealthWarn, "HEAD is "+line.Commit(head)+", with uncommitted changes", "commit what a run should start from")}
	}
	return []contract.Finding{checked("git", contract.HealthOK, "HEAD is "+line.Commit(head), "")}
}

// checkDisk looks for room for builds and exports.
func checkDisk(_ context.Context, root string) []contract.Finding {
	const enough = 2 << 30 // bytes: build cache, binaries and a few exports
	free, err := diskspace.Free(root)
	if err != nil {
		return []contract.Finding{checked("disk", contract.HealthWarn, err.Error(), "")}
	}
	found := fmt.Sprintf("%.1f GB free", float64(free)/1e9)
	if free < enough {
		return []contract.Finding{checked("disk", contract.HealthWarn, found, "free some space: a run needs some 2 GB for builds and exports")}
	}
	return []contract.Finding{checked("disk", contract.HealthOK, found, "")}
}

// checkEndpoint asks the language model's endpoint for its models.
func checkEndpoint(ctx context.Context, _ string) []contract.Finding {
	options := proposer.OptionsFromEnvironment()
	if options.APIKey == "" && options.BaseURL == "" {
		return []contract.Finding{checked(
			"llm", contract.HealthWarn, "no key and no address: changes are proposed offline, by tpe",
			"set OPENAI_API_KEY, or OPENAI_BASE_URL for a local server",
		)}
	}
	config := openai.DefaultConfig(options.APIKey)
	if options.BaseURL != "" {
		config.BaseURL = options.BaseURL
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	models, err := openai.NewClientWithConfig(config).ListModels(ctx)
	if refused := new(openai.APIError); errors.As(err, &refused) && refused.HTTPStatusCode == http.StatusUnauthorized {
		return []contract.Finding{checked("llm", contract.HealthFail, config.BaseURL+" refuses the key", "set OPENAI_API_KEY to a valid key")}
	}
	if err != nil {
		return []contract.Finding{checked(
			"llm", contract.HealthFail, fmt.Sprintf("%s: %v", config.BaseURL, err),
			"check OPENAI_BASE_URL (it ends in /v1) and that the server runs; or use --proposer tpe",
		)}
	}
	return []contract.Finding{checked("llm", contract.HealthOK, fmt.Sprintf("%s has %d models", config.BaseURL, len(models.Models)), "")}
}
