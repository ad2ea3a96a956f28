package backend

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/ternlab/ternlab/trainer/backend/places"
)

// findPlugin resolves the file of an engine's plugin: the one that is named,
// else that of PJRT_PLUGIN, else the one that the agent found for a program in its
// sandbox, else the first in the usual places.
//
// go-xla could search by name, but then it loads every file that looks like a
// plugin, and one that can't be loaded takes the process down.
func (m machine) findPlugin(engine, file string) (string, error) {
	if of := places.EngineOf(file); of != "" && of != engine {
		return "", &EngineError{Engine: engine, State: Broken, Detail: file + ": by its name it is a plugin of " + of}
	}
	if file != "" {
		return namedPlugin(engine, file, "the file doesn't exist", "")
	}
	named := m.Env(places.PluginFileVariable)
	if of := places.EngineOf(named); named != "" && (of == engine || of == "") {
		return namedPlugin(engine, named, "the file that "+places.PluginFileVariable+" names doesn't exist", "unset "+places.PluginFileVariable)
	}
	if handed := m.Env(places.HandedVariable(engine)); handed != "" {
		return namedPlugin(engine, handed, "the file that was found before the sandbox began doesn't exist", "")
	}
	found, err := m.Find(engine)
	if err != nil {
		return "", fmt.Errorf("find the plugin of %s: %w", engine, err)
	}
	if found != "" {
		return found, nil
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
