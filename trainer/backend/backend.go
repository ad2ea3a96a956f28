package backend

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // registers the go backend

	"github.com/ternlab/ternlab/trainer/backend/places"
)

// Names of the engines, as given to --backend.
const (
	Auto  = "auto"
	Go    = "go"
	XLA   = places.XLA
	CUDA  = places.CUDA
	Metal = places.Metal
)

// FlagHelp is the help text of --backend.
const FlagHelp = "engine: auto, go (pure Go), xla (XLA on the processor), cuda (NVIDIA) or metal (Apple, experimental); " +
	"xla:FILE and the like name its plugin"

// Engine is an opened backend with what a person should know of it.
type Engine struct {
	Backend compute.Backend
	Name    string // go, xla, cuda or metal
	Plugin  string // file of the PJRT plugin; empty for go
	Reason  string // why it was taken
	Hint    string // how it could be faster; empty if it can't
}

// Open opens the backend of that name for a model of so many parameters. A name
// xla:FILE, cuda:FILE or metal:FILE also says which plugin to load.
//
// Auto takes the fastest engine that opens; Reason says why. Where an engine
// can't be opened the error is an [*EngineError]. Open must not be called
// concurrently, because go-xla's register of plugins isn't guarded.
func Open(name string, parameters int) (Engine, error) {
	return thisMachine().open(name, parameters)
}

func (m machine) open(name string, parameters int) (Engine, error) {
	engine, file, named := strings.Cut(name, ":")
	switch {
	case engine == XLA, engine == CUDA, engine == Metal:
		return m.openPluginEngine(engine, file)
	case named:
	case engine == Go:
		return openGo("asked for")
	case engine == Auto:
		return m.openAuto(parameters)
	}
	return Engine{}, fmt.Errorf("backend %q is not one of auto, go, xla, cuda, metal, xla:FILE, cuda:FILE, metal:FILE", name)
}

func openGo(reason string) (Engine, error) {
	engine, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		return Engine{}, fmt.Errorf("open go backend: %w", err)
	}
	hint := ""
	if lacksSIMD() {
		hint = slowBuild + ": " + simdFix
	}
	return Engine{Backend: engine, Name: Go, Reason: reason, Hint: hint}, nil
}

// What is wrong with a go backend without its fast kernels, and the remedy.
const (
	slowBuild = "this build has no SIMD and is 8 to 10 times slower than it could be"
	simdFix   = "set GOEXPERIMENT=simd and build again"
)

// lacksSIMD says that this machine has instructions that the go backend's fast
// kernels need, and that this build is without them.
func lacksSIMD() bool { return runtime.GOARCH == "amd64" && !simdBuild }

// openPluginEngine opens an engine that needs a plugin. Metal must first show in
// a process of its own that it computes as go does, because nobody here could.
func (m machine) openPluginEngine(engine, file string) (Engine, error) {
	plugin, err := m.resolve(engine, file)
	if err != nil {
		return Engine{}, err
	}
	if engine == Metal {
		if err := m.prove(engine, plugin); err != nil {
			return Engine{}, err
		}
	}
	opened, err := openPlugin(engine, plugin)
	if err != nil {
		return Engine{}, m.broken(engine, plugin, err.Error())
	}
	return Engine{Backend: opened, Name: engine, Plugin: plugin, Reason: "asked for, with " + plugin}, nil
}

// resolve returns the file of the engine's plugin, or why there can't be one.
func (m machine) resolve(engine, file string) (plugin string, err error) {
	if err := m.unsupported(engine); err != nil {
		return "", err
	}
	return m.findPlugin(engine, file)
}
