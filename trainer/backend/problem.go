package backend

import (
	"fmt"

	"github.com/ternlab/ternlab/trainer/backend/places"
)

// State is how an engine fares on this machine.
type State string

// States of an engine.
const (
	Works       State = "works"
	Missing     State = "missing"     // its plugin isn't installed
	Broken      State = "broken"      // its plugin is there and doesn't work
	Unsupported State = "unsupported" // this machine or this build can't have it
)

// EngineError is why an engine can't be used here and what mends that.
type EngineError struct {
	Engine string // xla, cuda or metal
	State  State
	Detail string
	Fix    string // what mends it, a command if there is one; empty if nothing does
}

func (e *EngineError) Error() string {
	text := fmt.Sprintf("open %s backend: %s", e.Engine, e.Detail)
	if e.Fix != "" {
		text += "; to mend it: " + e.Fix
	}
	if e.Fix != "" && e.State != Unsupported {
		text += ", or name a plugin with --backend " + e.Engine + ":FILE"
	}
	return text + "; or use --backend go"
}

// installHint names the commands that install an engine's plugin anew.
func (m machine) installHint(engine string) string {
	const own = "`trainer install-plugin`"
	wheel := m.wheelHint(engine)
	switch {
	case wheel == "":
		return own
	case engine == Metal, engine == CUDA && m.arch != "amd64": // GoMLX's installer has none
		return wheel
	}
	return wheel + " or " + own
}

// wheelHint names the command that installs a wheel with the engine's plugin,
// empty if there is no wheel for this machine.
func (m machine) wheelHint(engine string) string {
	switch {
	case engine == Metal:
		return "`pip install -U metal-pjrt-core` (macOS 26) or `pip install -U --pre jax-mps`"
	case engine == CUDA:
		return "`pip install -U 'jax-cuda13-plugin[with-cuda]'`"
	case m.OS == "linux" && m.arch == "amd64":
		return "`pip install -U lammps-jax-pjrt-cpu`"
	}
	return ""
}

// label is what an engine's plugin is called.
func label(engine string) string {
	switch engine {
	case CUDA:
		return "CUDA"
	case Metal:
		return "Metal"
	}
	return "CPU"
}

// missing is the error of a plugin that isn't installed.
func (m machine) missing(engine string) error {
	return &EngineError{
		Engine: engine, State: Missing,
		Detail: "no PJRT " + label(engine) + " plugin is installed", Fix: m.installHint(engine),
	}
}

// broken is the error of a plugin that doesn't work.
func (m machine) broken(engine, plugin, detail string) error {
	fix := m.installHint(engine)
	if m.Env(places.PluginFileVariable) == plugin {
		fix = "name another file in " + places.PluginFileVariable + ", or unset it"
	}
	return &EngineError{Engine: engine, State: Broken, Detail: plugin + ": " + detail, Fix: fix}
}
