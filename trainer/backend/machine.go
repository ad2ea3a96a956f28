package backend

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// machine is what of the surroundings decides which engines there are.
type machine struct {
	os, arch string
	env      func(name string) string
	home     string // the user's folder
	python   string // path of the python3 that a shell would start; may be empty
	root     string // folder that the system's folders are under: /
	nvidia   bool   // an NVIDIA GPU is there
}

func thisMachine() machine {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // its folders are then left out
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		python = ""
	}
	devices, err := filepath.Glob("/dev/nvidia*")
	return machine{
		os: runtime.GOOS, arch: runtime.GOARCH, env: os.Getenv, home: home, python: python, root: "/",
		nvidia: err == nil && len(devices) > 0,
	}
}

// unsupported says why an engine can't exist on this machine or in this build,
// as an [*EngineError]; nil if it can.
func (m machine) unsupported(engine string) error {
	refuse := func(detail, fix string) error {
		return &EngineError{Engine: engine, State: Unsupported, Detail: detail, Fix: fix}
	}
	switch platform := m.os + "/" + m.arch; {
	case engine == CUDA && m.os != "linux":
		return refuse("it needs Linux, and this is "+platform, "")
	case engine == Metal && platform != "darwin/arm64":
		return refuse("it needs a Mac with Apple silicon, and this is "+platform, "")
	case !pluginBuild:
		return refuse("this program was built without cgo, or for a machine that has no plugins",
			"build it anew with a C compiler and `CGO_ENABLED=1`, without the tag noxla")
	}
	return nil
}
