package backend

import (
	"os"
	"path/filepath"
	"strings"
)

// Environment variables that name PJRT plugins: one file, or folders to search.
const (
	pluginFileVariable    = "PJRT_PLUGIN"
	pluginFoldersVariable = "PJRT_PLUGIN_LIBRARY_PATH"
)

// findPlugin resolves the file of an engine's plugin: the one that is named,
// else that of PJRT_PLUGIN, else the first in the usual places.
//
// go-xla could search by name, but then it loads every file that looks like a
// plugin, and one that can't be loaded takes the process down.
func (m machine) findPlugin(engine, file string) (string, error) {
	if of := engineOf(file); of != "" && of != engine {
		return "", &EngineError{Engine: engine, State: Broken, Detail: file + ": by its name it is a plugin of " + of}
	}
	if file != "" {
		return namedPlugin(engine, file, "the file doesn't exist", "")
	}
	named := m.env(pluginFileVariable)
	if of := engineOf(named); named != "" && (of == engine || of == "") {
		return namedPlugin(engine, named, "the file that "+pluginFileVariable+" names doesn't exist", "unset "+pluginFileVariable)
	}
	for _, pattern := range m.pluginPatterns(engine) {
		found, err := filepath.Glob(pattern)
		if err == nil && len(found) > 0 {
			return filepath.Abs(found[0])
		}
	}
	return "", m.missing(engine)
}

// namedPlugin is the absolute path of a file that the user named.
func namedPlugin(engine, file, absent, fix string) (string, error) {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return "", &EngineError{Engine: engine, State: Missing, Detail: file + ": " + absent, Fix: fix}
	}
	return filepath.Abs(file)
}

// kindOf is what an engine's plugin is called in go-xla: it treats plugins
// whose name holds "cpu" or "cuda" as such.
func kindOf(engine string) string {
	if engine == XLA {
		return "cpu"
	}
	return engine
}

// engineOf tells by its name which engine a plugin file is for, empty if the
// name doesn't say. Only the file's own name counts, not its folder's.
func engineOf(file string) string {
	name := strings.ToLower(filepath.Base(file))
	for _, known := range []struct{ part, engine string }{
		{"cuda", CUDA}, {"metal", Metal}, {"mtl", Metal}, {"mps", Metal}, {"silicon", Metal}, {"cpu", XLA},
	} {
		if strings.Contains(name, known.part) {
			return known.engine
		}
	}
	return ""
}
