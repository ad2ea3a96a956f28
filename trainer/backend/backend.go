package backend

import (
	"fmt"
	"runtime"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // registers the go backend
)

// Names of the engines, as given to --backend.
const (
	Auto = "auto"
	Go   = "go"
	XLA  = "xla"
)

// Engine is an opened backend with what a person should know of it.
type Engine struct {
	Backend compute.Backend
	Name    string // "go" or "xla"
	Reason  string // why it was taken
	Hint    string // how it could be faster; empty if it can't
}

// Open opens the backend of that name. Auto takes go: it starts at once, which
// on a small model is worth more than xla's faster steps.
func Open(name string) (Engine, error) {
	switch name {
	case Auto:
		return openGo("go starts at once and needs nothing; --backend xla trains large models faster")
	case Go:
		return openGo("asked for")
	case XLA:
		return openXLA()
	}
	return Engine{}, fmt.Errorf("backend %q is not one of auto, go, xla", name)
}

func openGo(reason string) (Engine, error) {
	engine, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		return Engine{}, fmt.Errorf("open go backend: %w", err)
	}
	return Engine{Backend: engine, Name: Go, Reason: reason, Hint: simdHint()}, nil
}

// simdHint tells how to build the go backend's fast kernels in, where this
// machine has them and this build doesn't.
func simdHint() string {
	if runtime.GOARCH == "amd64" && !simdBuild {
		return "this build has no SIMD and is 8 to 10 times slower than it could be: set GOEXPERIMENT=simd and build again"
	}
	return ""
}
