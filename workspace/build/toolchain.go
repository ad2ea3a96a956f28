package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ternlab/ternlab/workspace/compiler"
	"github.com/ternlab/ternlab/workspace/proc"
)

// ErrNoGo says that there is no go command to build candidates with.
var ErrNoGo = errors.New("no go command found; install Go from https://go.dev/dl and have its bin folder in PATH")

// Toolchain is the go command and what it can build on this machine.
type Toolchain struct {
	Go        string   // Path of the go command.
	GoVersion string   // For example "go1.26.8".
	Compiler  string   // The C compiler as the go command calls it; empty if it doesn't work.
	CGO       bool     // C code can be built, and with it the xla backend.
	SIMD      bool     // GOEXPERIMENT=simd exists, with which the go backend is 8 to 10 times faster: amd64.
	modules   string   // The module cache, named in messages of the compiler.
	cache     string   // The user's build cache.
	root      string   // GOROOT.
	arch      string   // GOARCH.
	cFiles    []string // What the C compiler reads outside of the system's folders.
}

// goSettings is what `go env -json` says.
type goSettings struct {
	Version    string `json:"GOVERSION"`
	Root       string `json:"GOROOT"`
	Arch       string `json:"GOARCH"`
	Compiler   string `json:"CC"`
	CGO        string `json:"CGO_ENABLED"`
	ModuleRoot string `json:"GOMODCACHE"`
	Cache      string `json:"GOCACHE"`
}

// Detect finds the go command that builds the module at dir, the one
// in PATH or the newer one that it chose for the module's sake, and tries
// whether a C program can be compiled. Without a go command the error is
// [ErrNoGo].
func Detect(ctx context.Context, dir string) (Toolchain, error) {
	command, err := exec.LookPath("go")
	if err != nil {
		return Toolchain{}, ErrNoGo
	}
	if command, err = filepath.Abs(command); err != nil {
		return Toolchain{}, fmt.Errorf("detect the go command: %w", err)
	}
	settings, err := readGoSettings(ctx, command, dir)
	if err != nil {
		return Toolchain{}, fmt.Errorf("detect the go command: %w", err)
	}
	// The command in PATH may stand in for a downloaded one; GOTOOLCHAIN=local
	// in Env takes the real one.
	chosen := filepath.Join(settings.Root, "bin", "go")
	if _, err := os.Stat(chosen); err == nil {
		command = chosen
	}
	t := Toolchain{
		Go:        command,
		GoVersion: settings.Version,
		SIMD:      settings.Arch == "amd64",
		modules:   settings.ModuleRoot,
		cache:     settings.Cache,
		root:      settings.Root,
		arch:      settings.Arch,
	}
	if settings.CGO != "0" && compilesC(ctx, settings.Compiler) {
		t.CGO, t.Compiler, t.cFiles = true, settings.Compiler, compiler.Files(ctx, settings.Compiler)
	}
	return t, nil
}

func readGoSettings(ctx context.Context, command, dir string) (goSettings, error) {
	// Asked as for a build with C: without it, go env answers CGO_ENABLED=0
	// when its compiler is missing, and that is found out by compiling.
	var answer strings.Builder
	exit, err := proc.Run(ctx, proc.Process{
		Path:    command,
		Args:    []string{"env", "-json", "GOVERSION", "GOROOT", "GOARCH", "CC", "CGO_ENABLED", "GOMODCACHE", "GOCACHE"},
		Env:     append(buildEnv(), "GOWORK=off"),
		Dir:     dir,
		Timeout: 10 * time.Minute, // It may download the toolchain that go.mod asks for.
		OnLine:  func(line []byte) { answer.Write(line) },
	})
	if err != nil {
		return goSettings{}, err
	}
	if exit.Code != 0 {
		return goSettings{}, fmt.Errorf("go env: %s", exit.Tail)
	}
	var settings goSettings
	if err := json.Unmarshal([]byte(answer.String()), &settings); err != nil {
		return goSettings{}, fmt.Errorf("parse the answer of go env: %w", err)
	}
	return settings, nil
}

// compilesC tries a whole program: a compiler may be there without the headers
// of the C library, and on macOS /usr/bin/cc is there even without a compiler.
func compilesC(ctx context.Context, command string) bool {
	words := strings.Fields(command) // As the go command takes CC; quotes are rare.
	if len(words) == 0 {
		return false
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return false
	}
	folder, err := os.MkdirTemp("", "ternlab-")
	if err != nil {
		return false
	}
	defer func() { _ = os.RemoveAll(folder) }()
	source := filepath.Join(folder, "probe.c")
	if err := os.WriteFile(source, []byte("#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n"), 0o600); err != nil {
		return false
	}
	exit, err := proc.Run(ctx, proc.Process{
		Path:    path,
		Args:    append(words[1:], "-o", filepath.Join(folder, "probe"), source),
		Env:     buildEnv(),
		Dir:     folder,
		Timeout: time.Minute,
	})
	return err == nil && exit.Code == 0
}

// Env returns the variables to build with, as [proc.Process].Env takes them. Builds
// get what the machine offers and never fetch another Go, change go.mod or
// look beyond the module. Without a C compiler the xla backend is left out.
func (t Toolchain) Env() []string { return t.env(buildEnv()) }

// env adds to variables how to build.
func (t Toolchain) env(variables []string) []string {
	// No -trimpath: go vet would answer from the cache with another copy's paths.
	flags := "-mod=readonly -buildvcs=false"
	cgo := "1"
	if !t.CGO {
		flags += " -tags=noxla"
		cgo = "0"
	}
	env := append(slices.Clip(variables), "GOTOOLCHAIN=local", "GOWORK=off", "GOFLAGS="+flags, "CGO_ENABLED="+cgo)
	if t.SIMD {
		env = append(env, "GOEXPERIMENT=simd")
	}
	return env
}

// buildContext chooses the files of a candidate's package, as the go command does.
func (t Toolchain) buildContext() build.Context {
	chosen := build.Default
	chosen.GOROOT, chosen.GOARCH, chosen.CgoEnabled = t.root, t.arch, t.CGO
	chosen.BuildTags = []string{candidateTag}
	if !t.CGO {
		chosen.BuildTags = append(chosen.BuildTags, "noxla")
	}
	if t.SIMD {
		chosen.ToolTags = append(slices.Clone(chosen.ToolTags), "goexperiment.simd")
	}
	return chosen
}
