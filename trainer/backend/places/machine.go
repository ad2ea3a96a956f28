package places

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Names of the engines that need a plugin.
const (
	XLA   = "xla"
	CUDA  = "cuda"
	Metal = "metal"
)

// Environment variables that name PJRT plugins: one file, or folders to search.
const (
	PluginFileVariable    = "PJRT_PLUGIN"
	PluginFoldersVariable = "PJRT_PLUGIN_LIBRARY_PATH"
)

// Machine is what of the surroundings decides where files are looked for.
type Machine struct {
	OS     string
	Env    func(name string) string
	Home   string // the user's folder; may be empty
	Python string // path of the python3 that a shell would start; may be empty
	Root   string // folder that the system's folders are under: /
}

// This is the machine that the program runs on.
func This() Machine {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // its folders are then left out
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		python = ""
	}
	return Machine{OS: runtime.GOOS, Env: os.Getenv, Home: home, Python: python, Root: "/"}
}

// HandedVariable is the environment variable by which a program in a sandbox, where
// nothing can be searched, is handed an engine's plugin.
func HandedVariable(engine string) string {
	switch engine {
	case CUDA:
		return "TERNLAB_CUDA_PLUGIN"
	case Metal:
		return "TERNLAB_METAL_PLUGIN"
	}
	return "TERNLAB_XLA_PLUGIN"
}

// GPUs are the machine's device files of graphics cards.
func (m Machine) GPUs() []string {
	return append(m.glob("dev/nvidia*"), m.glob("dev/dri/*")...)
}

// HasNVIDIA tells whether there is an NVIDIA GPU. The control device is asked for by
// its name, because in a sandbox /dev may not be listed.
func (m Machine) HasNVIDIA() bool {
	_, err := os.Stat(filepath.Join(m.Root, "dev/nvidiactl"))
	return err == nil || len(m.glob("dev/nvidia*")) > 0
}

// glob lists the files of a pattern below the root.
func (m Machine) glob(pattern string) []string {
	found, err := filepath.Glob(filepath.Join(m.Root, pattern))
	if err != nil {
		return nil // the patterns are well formed, but for those with odd names in them
	}
	return found
}
