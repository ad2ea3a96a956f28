package build

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ternlab/ternlab/workspace/proc"
)

// Error says at which stage a candidate failed to build, and what the
// tools said. It is the candidate's fault, unlike other errors.
type Error struct {
	Stage  string // "gofmt", "vet" or "build".
	Output string // At most some 60 lines, with paths relative to the module.
}

// Error returns the stage and the output.
func (e *Error) Error() string { return e.Stage + ":\n" + e.Output }

// Vet runs go vet on packages ("./trainer") of the module at dir. What it finds
// is a [*Error] of stage "vet".
func (t Toolchain) Vet(ctx context.Context, dir string, packages ...string) error {
	return t.run(ctx, dir, "vet", packages...)
}

// Build compiles a package ("./trainer") of the module at dir into the file
// output. What fails to compile is a [*Error] of stage "build".
func (t Toolchain) Build(ctx context.Context, dir, pkg, output string) error {
	return t.run(ctx, dir, "build", "-o", output, pkg)
}

func (t Toolchain) run(ctx context.Context, dir, stage string, arguments ...string) error {
	return t.invoke(ctx, proc.Process{Args: append([]string{stage}, arguments...), Env: t.Env(), Dir: dir})
}

// A first build compiles the standard library and all modules. A candidate's takes
// seconds, unless it defeats the compiler.
const (
	buildTimeout     = 20 * time.Minute
	candidateTimeout = 5 * time.Minute
)

// invoke runs the go command. Its first argument is the stage, its last the package.
func (t Toolchain) invoke(ctx context.Context, p proc.Process) error {
	p.Path = t.Go
	if p.Timeout == 0 {
		p.Timeout = buildTimeout
	}
	stage := p.Args[0]
	exit, err := proc.Run(ctx, p)
	switch {
	case errors.Is(err, proc.ErrTimeout):
		return &Error{Stage: stage, Output: fmt.Sprintf("not done after %s; write it simpler", p.Timeout)}
	case errors.Is(err, proc.ErrTooMuch):
		return &Error{Stage: stage, Output: err.Error()}
	case err != nil:
		return fmt.Errorf("%s %s: %w", stage, p.Args[len(p.Args)-1], err)
	case exit.Code != 0:
		return &Error{Stage: stage, Output: t.tidy(exit.Tail, p.Dir)}
	}
	return nil
}

// tidy makes the messages of the go command short: paths from the module's
// root, without the lines that only repeat a package's name.
func (t Toolchain) tidy(output, dir string) string {
	paths := []string{dir + "/", ""}
	if t.modules != "" {
		paths = append(paths, t.modules+"/", "")
	}
	shortPaths := strings.NewReplacer(paths...)
	var lines []string
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "# ") || line == "" {
			continue
		}
		line = strings.TrimPrefix(strings.TrimPrefix(line, "vet: "), "./")
		lines = append(lines, shortPaths.Replace(line))
	}
	return shorten(lines)
}

// shorten keeps the first lines: the first mistake explains those after it.
func shorten(lines []string) string {
	const maxLines, maxColumns = 60, 400
	var kept strings.Builder
	for i, line := range lines {
		if i == maxLines {
			fmt.Fprintf(&kept, "… and %d lines more", len(lines)-maxLines)
			break
		}
		if len(line) > maxColumns {
			line = strings.ToValidUTF8(line[:maxColumns], "") + "…"
		}
		kept.WriteString(line + "\n")
	}
	return strings.TrimSuffix(kept.String(), "\n")
}
