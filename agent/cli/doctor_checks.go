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
	"github.com/ternlab/ternlab/workspace/build"
	"github.com/ternlab/ternlab/workspace/diskspace"
	"github.com/ternlab/ternlab/workspace/repo"
)

// checkGo looks at what candidates are built with.
func checkGo(ctx context.Context, root string) []finding {
	toolchain, err := build.Detect(ctx, root)
	if err != nil {
		return []finding{{"go", healthFail, err.Error(), "install Go 1.26 or later from https://go.dev/dl"}}
	}
	found := toolchain.GoVersion
	if toolchain.SIMD {
		found += ", with SIMD for the go backend"
	}
	compiler := finding{"compiler", healthOK, toolchain.Compiler, ""}
	if !toolchain.CGO {
		compiler = finding{
			"compiler", healthWarn, "no C compiler: the trainer is built with the go backend alone",
			"install gcc or clang for the xla backend",
		}
	}
	return []finding{{"go", healthOK, found, ""}, compiler}
}

// checkRepository looks at where experiments are recorded.
func checkRepository(_ context.Context, root string) []finding {
	repository, err := repo.Open(root)
	if errors.Is(err, repo.ErrNoRepository) {
		return []finding{{"git", healthWarn, "no repository at " + root, "`agent run` makes one; no git program is needed"}}
	}
	if err != nil {
		return []finding{{"git", healthFail, err.Error(), "repair the repository, or clone it again"}}
	}
	head, dirty, err := repository.Head()
	switch {
	case err != nil:
		return []finding{{"git", healthFail, err.Error(), "commit the project's files first"}}
	case dirty:
		return []finding{{"git", healthWarn, "HEAD is " + line.Commit(head) + ", with uncommitted changes", "commit what a run should start from"}}
	}
	return []finding{{"git", healthOK, "HEAD is " + line.Commit(head), ""}}
}

// checkDisk looks for room for builds and exports.
func checkDisk(_ context.Context, root string) []finding {
	const enough = 2 << 30 // bytes: build cache, binaries and a few exports
	free, err := diskspace.Free(root)
	if err != nil {
		return []finding{{"disk", healthWarn, err.Error(), ""}}
	}
	found := fmt.Sprintf("%.1f GB free", float64(free)/1e9)
	if free < enough {
		return []finding{{"disk", healthWarn, found, "free some space: a run needs some 2 GB for builds and exports"}}
	}
	return []finding{{"disk", healthOK, found, ""}}
}

// checkEndpoint asks the language model's endpoint for its models.
func checkEndpoint(ctx context.Context, _ string) []finding {
	options := proposer.OptionsFromEnvironment()
	if options.APIKey == "" && options.BaseURL == "" {
		return []finding{{
			"llm", healthWarn, "no key and no address: changes are proposed offline, by tpe",
			"set OPENAI_API_KEY, or OPENAI_BASE_URL for a local server",
		}}
	}
	config := openai.DefaultConfig(options.APIKey)
	if options.BaseURL != "" {
		config.BaseURL = options.BaseURL
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	models, err := openai.NewClientWithConfig(config).ListModels(ctx)
	if refused := new(openai.APIError); errors.As(err, &refused) && refused.HTTPStatusCode == http.StatusUnauthorized {
		return []finding{{"llm", healthFail, config.BaseURL + " refuses the key", "set OPENAI_API_KEY to a valid key"}}
	}
	if err != nil {
		return []finding{{
			"llm", healthFail, fmt.Sprintf("%s: %v", config.BaseURL, err),
			"check OPENAI_BASE_URL (it ends in /v1) and that the server runs; or use --proposer tpe",
		}}
	}
	return []finding{{"llm", healthOK, fmt.Sprintf("%s has %d models", config.BaseURL, len(models.Models)), ""}}
}
