//go:build cgo && !noxla && linux && (amd64 || arm64)

package backend

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/backend/selftest"
)

// A Metal plugin can't run here. These tests stand in for one a CPU plugin with
// the faults of the Metal plugins that exist, see testdata/shim.c.

// buildShim compiles the shim with a fault before this machine's CPU plugin. Its
// name is that of jax-mps's plugin.
func buildShim(t *testing.T, fault string) string {
	t.Helper()
	plugin := cpuPlugin(t)
	module, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/gomlx/go-xla").Output()
	if err != nil {
		skip(t, "the folder of go-xla, whose header the shim needs, isn't known: "+err.Error())
	}
	file := filepath.Join(t.TempDir(), "libpjrt_plugin_mps.so")
	compile := exec.CommandContext(t.Context(), "cc", "-shared", "-fPIC", "-o", file, "-D"+fault, "-DREAL_PLUGIN=\""+plugin+"\"",
		"-I"+filepath.Join(strings.TrimSpace(string(module)), "pjrt"), filepath.Join("testdata", "shim.c"), "-ldl")
	if _, err := exec.LookPath(compile.Args[0]); err != nil {
		skip(t, "there is no C compiler: "+err.Error())
	}
	if output, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("compile the shim: %v\n%s", err, output)
	}
	return file
}

// appleMachine is a Mac as far as package backend can tell.
func appleMachine(t *testing.T) machine {
	t.Helper()
	m := testMachine(t, nil)
	m.OS, m.arch = "darwin", "arm64"
	return m
}

// go-xla fails on a plugin that refuses memory statistics; opened as Metal it
// works, is found equal to go, and shares no buffers.
func TestMetalWithoutMemoryStats(t *testing.T) {
	shim := buildShim(t, "NO_STATS")
	reference := opened(t, testMachine(t, nil), Go)

	direct, err := xla.NewWithOptions(shim+",noshared_buffers", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Finalize()
	_, err = graph.CallOnce(direct, graph.Neg, float32(1))
	if err == nil || !strings.Contains(err.Error(), "GetCompiledMemoryStats is not implemented") {
		t.Fatalf("without the stub a compilation gives %v, so this test shows nothing", err)
	}

	engine := opened(t, appleMachine(t), "metal:"+shim)
	if err := selftest.Compare(engine.Backend, reference.Backend); err != nil {
		t.Error(err)
	}
	if backend, ok := engine.Backend.(*xla.Backend); !ok || backend.HasSharedBuffers() || backend.IsCPU() {
		t.Error("a Metal backend shares buffers")
	}
}

func TestMetalRefusesBadPlugins(t *testing.T) {
	for fault, want := range map[string]string{
		"NO_API":  "it has no GetPjrtApi, so it is no PJRT plugin",
		"TOO_OLD": "too old: its PJRT API 0.47",
		"WRONG":   "self-test failed: loss differs",
		"CRASH":   "its self-test crashed: SIGABRT",
	} {
		t.Run(fault, func(t *testing.T) {
			engine, err := appleMachine(t).open("metal:"+buildShim(t, fault), smol)
			if err == nil {
				engine.Backend.Finalize()
				t.Fatal("a bad plugin is opened")
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("a bad plugin gives %v, want %q", err, want)
			}
		})
	}
}
