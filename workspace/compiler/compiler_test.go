package compiler

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// TestFilesOfACompilerElsewhere has a compiler whose parts are in a folder of its
// own: all of them are found, and nothing of the system's.
func TestFilesOfACompilerElsewhere(t *testing.T) {
	prefix := elsewhere(t)
	found := Files(t.Context(), filepath.Join(prefix, "bin", "mycc")+" -O1")
	for _, want := range []string{"bin/mycc", "parts/cc1", "parts", "headers"} {
		if !slices.Contains(found, filepath.Join(prefix, want)) {
			t.Errorf("%s isn't among %v", want, found)
		}
	}
	for _, path := range found {
		if isSystems(path) {
			t.Errorf("%s is the system's", path)
		}
	}
}

func TestFilesWithoutACompiler(t *testing.T) {
	for _, compiler := range []string{"", "/nowhere/cc"} {
		if found := Files(t.Context(), compiler); len(found) > 0 {
			t.Errorf("%q: without a compiler there is %v", compiler, found)
		}
	}
}

// elsewhere makes a C compiler in a folder of its own, of the system's parts.
func elsewhere(t *testing.T) string {
	t.Helper()
	prefix, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"bin", "parts", "headers"} {
		if err := os.Mkdir(filepath.Join(prefix, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Fatal(err) // tests need a C compiler in any case
	}
	cc1, err := exec.Command(gcc, "-print-prog-name=cc1").Output()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(string(cc1[:len(cc1)-1]))
	if err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nexec " + gcc + " -B" + prefix + "/parts/ -isystem " + prefix + "/headers \"$@\"\n"
	for name, content := range map[string]string{"parts/cc1": string(program), "bin/mycc": script} {
		if err := os.WriteFile(filepath.Join(prefix, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return prefix
}
