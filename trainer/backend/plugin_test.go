package backend

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/backend/places"
)

// place writes an empty file and returns its path.
func place(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	cpuFile   = "pjrt_c_api_cpu_plugin.so"
	cudaWheel = "jax_plugins/xla_cuda13/xla_cuda_plugin.so"
)

// In the files and variables $home, $root and $env stand for folders of the
// test; the file of the first line is the one to be found.
func TestFindPlugin(t *testing.T) {
	for _, c := range []struct {
		name, engine string
		mac          bool
		environment  map[string]string
		files        []string
	}{
		{name: "GoMLX's installer", engine: XLA, files: []string{
			"$home/.local/lib/go-xla/pjrt_c_api_cpu_v0.114.0_plugin.so",
			"$home/.local/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so",
		}},
		{name: "GoMLX's installer, CUDA", engine: CUDA, files: []string{
			"$home/.local/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so",
			"$home/.local/lib/go-xla/pjrt_c_api_cpu_plugin.so",
		}},
		{name: "GoMLX's installer on a Mac", engine: XLA, mac: true, files: []string{
			"$home/Library/Application Support/go-xla/pjrt_c_api_cpu_plugin.so",
			"$home/.local/lib/go-xla/pjrt_c_api_cpu_plugin.so",
		}},
		{name: "system folder", engine: XLA, files: []string{"$root/usr/local/lib/go-xla/pjrt_c_api_cpu_plugin.so"}},
		{
			name: "named folders before all others", engine: XLA,
			environment: map[string]string{places.PluginFoldersVariable: "$home/none:$env"},
			files:       []string{"$env/pjrt_c_api_cpu_plugin.so", "$home/.local/lib/go-xla/pjrt_c_api_cpu_plugin.so"},
		},
		{
			name: "wheel in the active environment", engine: XLA, environment: map[string]string{"VIRTUAL_ENV": "$env"},
			files: []string{
				"$env/lib/python3.12/site-packages/lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
				"$home/.local/lib/python3.11/site-packages/lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
			},
		},
		{name: "wheel of the python3 on the path", engine: CUDA, files: []string{
			"$root/python/lib/python3.12/site-packages/" + cudaWheel,
			"$home/.local/lib/python3.12/site-packages/" + cudaWheel,
		}},
		{name: "wheel of the user", engine: XLA, files: []string{
			"$home/.local/lib/python3.11/site-packages/lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
		}},
		{name: "wheel of the system", engine: XLA, files: []string{
			"$root/usr/local/lib/python3.11/dist-packages/lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
		}},
		{name: "metal-pjrt-core before jax-mps", engine: Metal, mac: true, files: []string{
			"$home/Library/Python/3.12/lib/python/site-packages/metal_pjrt_core/pjrt_c_api_mtl_plugin.dylib",
			"$home/Library/Python/3.12/lib/python/site-packages/jax_plugins/mps/lib/libpjrt_plugin_mps.dylib",
		}},
		{name: "jax-mps, and never jax-metal", engine: Metal, mac: true, files: []string{
			"$root/opt/homebrew/lib/python3.13/site-packages/jax_plugins/mps/lib/libpjrt_plugin_mps.dylib",
			"$root/opt/homebrew/lib/python3.13/site-packages/jax_plugins/metal_plugin/pjrt_plugin_metal_14.dylib",
		}},
		{
			name: "named file", engine: XLA, environment: map[string]string{places.PluginFileVariable: "$home/a,b/CUDA-lab/mine.so"},
			files: []string{"$home/a,b/CUDA-lab/mine.so", "$home/.local/lib/go-xla/pjrt_c_api_cpu_plugin.so"},
		},
		{
			name: "a file named for another engine", engine: CUDA,
			environment: map[string]string{places.PluginFileVariable: "$home/cuda-lab/pjrt_c_api_cpu_plugin.so"},
			files: []string{
				"$home/.local/lib/python3.11/site-packages/" + cudaWheel,
				"$home/cuda-lab/pjrt_c_api_cpu_plugin.so",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			environment := map[string]string{}
			m := testMachine(t, environment)
			m.Python = filepath.Join(m.Root, "python/bin/python3")
			if c.mac {
				m.OS, m.arch = "darwin", "arm64"
			}
			expand := strings.NewReplacer("$home", m.Home, "$root", m.Root, "$env", t.TempDir()).Replace
			for name, value := range c.environment {
				environment[name] = expand(value)
			}
			for _, file := range c.files {
				place(t, expand(file))
			}
			want := expand(c.files[0])
			if got, err := m.findPlugin(c.engine, ""); err != nil || got != want {
				t.Errorf("the plugin is %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestMissingPlugin(t *testing.T) {
	environment := map[string]string{}
	m := testMachine(t, environment)
	check := func(engine, file, want string) {
		t.Helper()
		_, err := m.findPlugin(engine, file)
		var problem *EngineError
		if !errors.As(err, &problem) || problem.State != Missing || !strings.Contains(err.Error(), want) {
			t.Errorf("a missing %s plugin gives %v, want %q", engine, err, want)
		}
	}
	check(XLA, "", "`pip install -U lammps-jax-pjrt-cpu`")
	check(XLA, "", "--backend xla:FILE")
	check(XLA, "", "--backend go")
	check(CUDA, "", "`pip install -U 'jax-cuda13-plugin[with-cuda]'`")
	check(Metal, "", "`pip install -U metal-pjrt-core`")
	check(XLA, "/gone.so", "/gone.so: the file doesn't exist")
	check(XLA, m.Home, "the file doesn't exist")
	m.arch = "arm64" // for which there is no wheel
	check(XLA, "", "to mend it: `trainer install-plugin`,")
	environment[places.PluginFileVariable] = "/gone_cpu.so"
	check(XLA, "", "unset PJRT_PLUGIN")
}

func TestNamedFile(t *testing.T) {
	m := testMachine(t, map[string]string{places.PluginFileVariable: "/gone.so"})
	want := place(t, m.Home, "any.so")
	if got, err := m.findPlugin(CUDA, want); err != nil || got != want {
		t.Errorf("the plugin is %q, %v, want %q", got, err, want)
	}
}

func TestEngineOf(t *testing.T) {
	for file, want := range map[string]string{
		"/cuda/pjrt_c_api_cpu_plugin.so": XLA,
		"/cpu/xla_cuda_plugin.so":        CUDA,
		"libpjrt_plugin_mps.dylib":       Metal,
		"pjrt_c_api_mtl_plugin.dylib":    Metal,
		"pjrt_plugin_metal_14.dylib":     Metal,
		"/cpu/plugin.so":                 "",
	} {
		if got := places.EngineOf(file); got != want {
			t.Errorf("%s is for %q, want %q", file, got, want)
		}
	}
}
