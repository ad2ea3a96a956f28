package build

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// TestCandidateBuildWithACompilerElsewhere links a candidate with C in it by a compiler
// that lies in no folder of the system's, as those of Python environments and of
// clusters do.
func TestCandidateBuildWithACompilerElsewhere(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Fatal(err) // the tests need one in any case
	}
	compiler := filepath.Join(t.TempDir(), "bin", "mycc")
	mustDo(t, os.Mkdir(filepath.Dir(compiler), 0o755))
	mustDo(t, os.WriteFile(compiler, []byte("#!/bin/sh\nexec "+gcc+" \"$@\"\n"), 0o755)) //nolint:gosec // it is a program
	t.Setenv("CC", compiler)
	dir := newModule(t, map[string]string{
		"trainer/main.go": "package main\n\nimport \"example.org/m/native\"\n\nfunc main() { println(native.Seven()) }\n",
		"native/c.go":     "package native\n\n// static int seven(void) { return 7; }\nimport \"C\"\n\nfunc Seven() int { return int(C.seven()) }\n",
	})
	for _, mode := range []string{string(sandbox.Namespaces), string(sandbox.Landlock)} {
		kept, err := sandbox.Detect(t.Context(), mode)
		if err != nil {
			if strings.Contains(os.Getenv("TERNLAB_REQUIRE_SANDBOX"), mode) {
				t.Fatal(err)
			}
			t.Log(err)
			continue
		}
		run := t.TempDir()
		builder, err := detect(t, dir).ForCandidates(kept, filepath.Join(run, "cache"))
		mustDo(t, err)
		mustDo(t, builder.Fill(t.Context(), dir, "./trainer"))
		program := filepath.Join(run, "bin", "trainer")
		if err := builder.Build(t.Context(), dir, "./trainer", program); err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		if exit, err := proc.Run(t.Context(), proc.Process{Path: program}); err != nil || exit.Tail != "7" {
			t.Errorf("%s: the candidate says %q, %v", mode, exit.Tail, err)
		}
	}
}
