//go:build cgo && !noxla && linux && (amd64 || arm64)

package backend

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/go-xla/compute/xla"

	"github.com/ternlab/ternlab/trainer/backend/places"
	"github.com/ternlab/ternlab/trainer/backend/selftest"
)

// opened opens an engine that is closed when the test is over.
func opened(t *testing.T, m machine, name string) Engine {
	t.Helper()
	engine, err := m.open(name, smol)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Backend.Finalize)
	return engine
}

// What a plugin is must not depend on the names of the folders above it, nor be
// cut off at a comma.
func TestXLAFromAnyFolder(t *testing.T) {
	plugin := cpuPlugin(t)
	file := filepath.Join(t.TempDir(), "a,b", "CUDA-lab", "plugin.so")
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(plugin, file); err != nil {
		t.Fatal(err)
	}
	engine := opened(t, testMachine(t, nil), "xla:"+file)
	backend, ok := engine.Backend.(*xla.Backend)
	if !ok || engine.Name != XLA || engine.Plugin != file {
		t.Fatalf("opened %+v", engine)
	}
	if !backend.HasSharedBuffers() || !backend.IsCPU() || backend.IsCUDA() || backend.DotGeneralUseTF32 {
		t.Errorf("shared buffers %v, CPU %v, CUDA %v, TF32 %v; want a CPU backend with shared buffers",
			backend.HasSharedBuffers(), backend.IsCPU(), backend.IsCUDA(), backend.DotGeneralUseTF32)
	}
	reference := opened(t, testMachine(t, nil), Go)
	if err := selftest.Compare(engine.Backend, reference.Backend); err != nil {
		t.Error(err)
	}
}

func TestAutoTakesXLA(t *testing.T) {
	environment := map[string]string{places.PluginFileVariable: cpuPlugin(t)}
	m := testMachine(t, environment)
	engine := opened(t, m, Auto)
	if engine.Name != XLA || engine.Hint != "" || !strings.Contains(engine.Reason, "134.5 M parameters, with "+engine.Plugin) {
		t.Errorf("auto opens %q because %q; %q", engine.Name, engine.Reason, engine.Hint)
	}
	m.nvidia = true // with a GPU but without its plugin
	engine = opened(t, m, Auto)
	if engine.Name != XLA || !strings.Contains(engine.Hint, "open cuda backend: no PJRT CUDA plugin") {
		t.Errorf("auto opens %q because %q; %q", engine.Name, engine.Reason, engine.Hint)
	}
}

func TestBrokenPlugins(t *testing.T) {
	m := testMachine(t, nil)
	check := func(name, want string) {
		t.Helper()
		_, err := m.open(name, smol)
		var problem *EngineError
		if !errors.As(err, &problem) || problem.State != Broken || !strings.Contains(err.Error(), want) {
			t.Errorf("--backend %s gives %v, want %q", name, err, want)
		}
	}
	check("cuda:"+place(t, m.Home, cpuFile), "by its name it is a plugin of xla")
	check("xla:"+place(t, m.Home, "empty.so"), "file too short")
}

// An unloadable file in a search folder must not keep the trainer from working.
func TestAutoPassesOverABrokenPlugin(t *testing.T) {
	m := testMachine(t, nil)
	file := place(t, m.Home, ".local/lib/go-xla", cpuFile)
	engine := opened(t, m, Auto)
	if engine.Name != Go || !strings.Contains(engine.Hint, file+": file too short") {
		t.Errorf("auto opens %q because %q; %q", engine.Name, engine.Reason, engine.Hint)
	}
	if diagnosis := m.diagnose(XLA); diagnosis.State != Broken || diagnosis.Plugin != file || diagnosis.Fix == "" {
		t.Errorf("the doctor finds %+v", diagnosis)
	}
}

func TestIsDeviceOf(t *testing.T) {
	for _, c := range []struct {
		engine, description string
		want                bool
	}{
		{XLA, "TFRT_CPU_0 [processId=0]", true},
		{CUDA, "CudaDevice(id=0) [processId=0]", true},
		{XLA, "CudaDevice(id=0) [processId=0]", false},
		{CUDA, "TFRT_CPU_0 [processId=0]", false},
		{Metal, "Apple M3", true},
	} {
		if got := isDeviceOf(c.engine, c.description); got != c.want {
			t.Errorf("%q as a device of %s gives %v", c.description, c.engine, got)
		}
	}
}

func TestCUDAFolder(t *testing.T) {
	site := t.TempDir()
	file := place(t, site, cudaWheel)
	place(t, site, "nvidia/cu13/bin/ptxas")
	for _, c := range []struct{ flags, want string }{
		{"", "--xla_gpu_cuda_data_dir=" + site + "/nvidia/cu13"},
		{"--xla_dump_to=x", "--xla_dump_to=x --xla_gpu_cuda_data_dir=" + site + "/nvidia/cu13"},
		{"--xla_gpu_cuda_data_dir=/mine", "--xla_gpu_cuda_data_dir=/mine"},
	} {
		t.Setenv("XLA_FLAGS", c.flags)
		if err := setCUDAFolder(file); err != nil {
			t.Fatal(err)
		}
		if got := os.Getenv("XLA_FLAGS"); got != c.want {
			t.Errorf("XLA_FLAGS=%q becomes %q, want %q", c.flags, got, c.want)
		}
	}
}
