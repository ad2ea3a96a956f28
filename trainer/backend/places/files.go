package places

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Files are what a backend needs.
type Files struct {
	Plugins map[string]string // file of an engine's plugin, by the engine's name
	Read    []string          // all files to read and execute, plugins first
	System  []string          // the kernel's folders about devices; none without a GPU
	Devices []string          // device files of GPUs; none where none is used
}

// Environment are the variables, "NAME=value", by which a program finds the plugins
// where it can't search for them.
func (f Files) Environment() []string {
	var variables []string
	for _, engine := range slices.Sorted(maps.Keys(f.Plugins)) {
		variables = append(variables, HandedVariable(engine)+"="+f.Plugins[engine])
	}
	return variables
}

// Files finds what a program needs whose --backend is that one: go needs nothing, and
// auto whatever there is. What lies where the dynamic linker looks first, in /lib and
// /usr/lib, isn't among it.
func (m Machine) Files(backend string) Files {
	name, file, _ := strings.Cut(backend, ":")
	engines := []string{name}
	switch name {
	case "auto":
		engines = []string{CUDA, XLA}
		if len(m.GPUs()) == 0 {
			engines = []string{XLA}
		}
		if m.OS == "darwin" {
			engines = []string{XLA, Metal}
		}
	case XLA, CUDA, Metal:
	default:
		return Files{}
	}
	found := Files{Plugins: map[string]string{}}
	for _, engine := range engines {
		plugin := m.plugin(engine, file)
		if plugin == "" {
			continue
		}
		found.Plugins[engine] = plugin
		found.Read = append(append(found.Read, plugin), m.Libraries(plugin)...)
		if engine == CUDA {
			found.Read = append(found.Read, m.cuda(plugin)...)
		}
	}
	found.Read = unique(found.Read)
	if m.UsesGPU(backend) {
		found.Devices = m.GPUs()
		found.System = []string{"/proc/driver/nvidia", "/sys/module/nvidia", "/sys/bus/pci", "/sys/devices"}
	}
	return found
}

// UsesGPU tells whether a program with that --backend may use a GPU of this machine.
func (m Machine) UsesGPU(backend string) bool {
	name, _, _ := strings.Cut(backend, ":")
	return name != "go" && name != XLA && len(m.GPUs()) > 0
}

// plugin is an engine's plugin: the file that is named, that of PJRT_PLUGIN, or what
// is found. Empty if it is no library at all.
func (m Machine) plugin(engine, file string) string {
	if named := m.Env(PluginFileVariable); file == "" && named != "" {
		if of := EngineOf(named); of == engine || of == "" {
			file = named
		}
	}
	if file == "" {
		found, err := m.Find(engine)
		if err != nil {
			return ""
		}
		file = found
	}
	file, err := filepath.Abs(file)
	if err != nil || !m.isProgram(file) {
		return ""
	}
	return file
}

// isProgram tells whether a file is a library or a program, by its first bytes: a
// file of another kind isn't handed to anybody for its name's sake.
func (m Machine) isProgram(file string) bool {
	begins := readStart(file)
	if m.OS == "darwin" {
		for _, magic := range []string{"\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "\xca\xfe\xba\xbf"} {
			if strings.HasPrefix(begins, magic) {
				return true
			}
		}
		return false
	}
	return strings.HasPrefix(begins, "\x7fELF")
}

// readStart returns the first bytes of a plain file; none of anything else.
func readStart(file string) string {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	opened, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = opened.Close() }() // it was only read
	var start [4]byte
	n, err := opened.Read(start[:])
	if err != nil {
		return ""
	}
	return string(start[:n])
}

// unique drops what comes a second time.
func unique(paths []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(paths, func(path string) bool {
		again := seen[path]
		seen[path] = true
		return again
	})
}
