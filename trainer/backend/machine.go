package backend

import (
	"runtime"

	"github.com/ternlab/ternlab/trainer/backend/places"
)

// machine is what of the surroundings decides which engines there are.
type machine struct {
	places.Machine
	arch   string
	nvidia bool // an NVIDIA GPU is there
}

func thisMachine() machine {
	this := places.This()
	return machine{Machine: this, arch: runtime.GOARCH, nvidia: this.HasNVIDIA()}
}

// unsupported says why an engine can't exist on this machine or in this build,
// as an [*EngineError]; nil if it can.
func (m machine) unsupported(engine string) error {
	refuse := func(detail, fix string) error {
		return &EngineError{Engine: engine, State: Unsupported, Detail: detail, Fix: fix}
	}
	switch platform := m.OS + "/" + m.arch; {
	case engine == CUDA && m.OS != "linux":
		return refuse("it needs Linux, and this is "+platform, "")
	case engine == Metal && platform != "darwin/arm64":
		return refuse("it needs a Mac with Apple silicon, and this is "+platform, "")
	case !pluginBuild:
		return refuse("this program was built without cgo, or for a machine that has no plugins",
			"build it anew with a C compiler and `CGO_ENABLED=1`, without the tag noxla")
	}
	return nil
}
