package backend

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenGo(t *testing.T) {
	for _, name := range []string{Auto, Go} {
		engine, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if engine.Name != Go || engine.Reason == "" {
			t.Errorf("backend %s opens %q because %q", name, engine.Name, engine.Reason)
		}
	}
	if _, err := Open("abacus"); err == nil || !strings.Contains(err.Error(), "auto, go, xla") {
		t.Errorf("an unknown backend gives %v", err)
	}
}

func TestFindPlugin(t *testing.T) {
	home := t.TempDir()
	folder := filepath.Join(home, ".local", "lib", "go-xla")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{}
	getenv := func(name string) string { return environment[name] }
	touch := func(path string) string {
		t.Helper()
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}

	// go-xla's system-wide folder is searched too, so the message is tested
	// where the folders are the test's own.
	environment[pluginFoldersVariable] = filepath.Join(home, "empty")
	if _, err := findPlugin(getenv, home); err == nil || !strings.Contains(err.Error(), pluginFileVariable) {
		t.Errorf("no plugin gives %v, want the variable that names one", err)
	}
	environment[pluginFoldersVariable] = ""

	versioned := touch(filepath.Join(folder, "pjrt_c_api_cpu_v0.114.0_plugin.so"))
	touch(filepath.Join(folder, "pjrt_c_api_cuda_plugin.so"))
	if got, err := findPlugin(getenv, home); err != nil || got != versioned {
		t.Errorf("plugin is %q, %v, want %q", got, err, versioned)
	}

	named := touch(filepath.Join(home, "mine.so"))
	environment[pluginFileVariable] = named
	if got, err := findPlugin(getenv, home); err != nil || got != named {
		t.Errorf("plugin is %q, %v, want %q", got, err, named)
	}
	environment[pluginFileVariable] = filepath.Join(home, "gone.so")
	if _, err := findPlugin(getenv, home); err == nil || !strings.Contains(err.Error(), "gone.so") {
		t.Errorf("a file that is gone gives %v", err)
	}
}
