package workspace

import (
	"context"
	"errors"
)

// Toolchain is the Go command and what it can build on this machine.
type Toolchain struct {
	Go        string // Path of the go command.
	GoVersion string // For example "go1.26.8".
	Compiler  string // The C compiler's path; empty without one.
	CGO       bool   // C code can be built, and with it the xla backend.
	SIMD      bool   // GOEXPERIMENT=simd works: amd64.
}

// DetectToolchain finds the Go command that builds the module at dir, and whether a C compiler works.
func DetectToolchain(ctx context.Context, dir string) (Toolchain, error) {
	return Toolchain{}, errors.ErrUnsupported
}

// Env returns the variables to build with, as Process.Env takes them.
func (t Toolchain) Env() []string { return nil }

// Build compiles a package ("./trainer") of the module at dir into the file output; a failure is a *[BuildError].
func (t Toolchain) Build(ctx context.Context, dir, pkg, output string) error {
	return errors.ErrUnsupported
}

// Vet runs go vet on packages of the module at dir; a failure is a *[BuildError].
func (t Toolchain) Vet(ctx context.Context, dir string, packages ...string) error {
	return errors.ErrUnsupported
}

// Format returns the Go files formatted as gofmt does; one that doesn't parse is a *[BuildError].
func Format(files map[string]string) (map[string]string, error) { return nil, errors.ErrUnsupported }

// BuildError says at which stage a candidate failed to build, and what the tools said.
type BuildError struct {
	Stage  string // "gofmt", "vet" or "build".
	Output string // The tool's output, at most some 60 lines, with paths relative to the module.
}

// Error returns the stage and the output.
func (e *BuildError) Error() string { return e.Stage + ": " + e.Output }
