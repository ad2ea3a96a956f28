package places

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// library is an ELF file, as far as the dynamic linker's part of it goes, that needs
// other libraries and names folders for them.
func library(t *testing.T, runpath string, needed ...string) []byte {
	t.Helper()
	texts := "\x00"
	var entries []elf.Dyn64
	add := func(tag elf.DynTag, text string) {
		entries = append(entries, elf.Dyn64{Tag: int64(tag), Val: uint64(len(texts))})
		texts += text + "\x00"
	}
	for _, name := range needed {
		add(elf.DT_NEEDED, name)
	}
	if runpath != "" {
		add(elf.DT_RUNPATH, runpath)
	}
	entries = append(entries, elf.Dyn64{})
	const header, section, entry = 64, 64, 16
	textsAt := uint64(header + 3*section)
	entriesAt := textsAt + uint64(len(texts))
	var file bytes.Buffer
	for _, part := range []any{
		elf.Header64{
			Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
			Type:  uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
			Shoff: header, Ehsize: header, Shentsize: section, Shnum: 3, Shstrndx: 1,
		},
		elf.Section64{},
		elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: textsAt, Size: uint64(len(texts))},
		elf.Section64{Type: uint32(elf.SHT_DYNAMIC), Off: entriesAt, Size: uint64(len(entries) * entry), Link: 1, Entsize: entry},
		[]byte(texts), entries,
	} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// tree is a machine whose files are all below one folder.
type tree struct {
	t    *testing.T
	root string
	env  map[string]string
}

func newTree(t *testing.T) tree {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return tree{t, root, map[string]string{}}
}

func (f tree) machine() Machine {
	return Machine{OS: "linux", Env: func(name string) string { return f.env[name] }, Home: f.path("home/me"), Root: f.root}
}

func (f tree) path(name string) string { return filepath.Join(f.root, name) }

func (f tree) write(name string, content []byte) {
	f.t.Helper()
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o755); err != nil {
		f.t.Fatal(err)
	}
}

// empty writes libraries that need nothing.
func (f tree) empty(names ...string) {
	f.t.Helper()
	for _, name := range names {
		f.write(name, library(f.t, ""))
	}
}

// files are those found for a backend, from the tree's root.
func (f tree) files(backend string) []string {
	f.t.Helper()
	var names []string
	for _, path := range f.machine().Files(backend).Read {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			f.t.Errorf("%s is no file: %v", path, err)
		}
		names = append(names, strings.TrimPrefix(path, f.root+"/"))
	}
	return names
}

func TestFilesOfXLA(t *testing.T) {
	f := newTree(t)
	const plugin = "opt/venv/lib/python3.12/site-packages/lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so"
	f.env["VIRTUAL_ENV"] = f.path("opt/venv")
	f.env["LD_LIBRARY_PATH"] = ":relative:" + f.path("opt/extra")
	f.write(plugin, library(t, "$ORIGIN/../libs:${ORIGIN}/none", "libone.so.1", "libtwo.so", "libc.so.6", "libnowhere.so", "libthree.so", "libfour.so"))
	f.write("opt/venv/lib/python3.12/site-packages/libs/libone.so.1", library(t, "", "libfive.so"))
	f.empty("opt/extra/libtwo.so", "usr/lib/x86_64-linux-gnu/libc.so.6", "opt/listed/libthree.so", "opt/listed/libfive.so")
	f.write("etc/ld.so.conf", []byte("# folders\ninclude /etc/ld.so.conf.d/*.conf\ninclude ld.so.conf\n"))
	f.write("etc/ld.so.conf.d/a.conf", []byte("/opt/listed # here\n"))
	f.write("opt/extra/libfour.so", []byte("the evaluation text, in a library's place"))
	want := []string{
		plugin, "opt/venv/lib/python3.12/site-packages/libs/libone.so.1", "opt/extra/libtwo.so", "opt/listed/libthree.so", "opt/listed/libfive.so",
	}
	if diff := cmp.Diff(want, f.files("xla")); diff != "" {
		t.Errorf("xla (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, f.files("auto")); diff != "" {
		t.Errorf("auto, without a GPU (-want +got):\n%s", diff)
	}
	if got := f.machine().Files("auto").Environment(); len(got) != 1 || got[0] != "TERNLAB_XLA_PLUGIN="+f.path(plugin) {
		t.Errorf("environment %q", got)
	}
	for _, backend := range []string{"go", "", "cuda", "metal", "nonsense"} {
		if got := f.files(backend); len(got) > 0 {
			t.Errorf("%s gets %q", backend, got)
		}
	}
}

// TestFilesAreNeverFolders has variables name folders that hold what nobody may see.
func TestFilesAreNeverFolders(t *testing.T) {
	f := newTree(t)
	f.write("home/me/checkout/unseen/eval.txt", []byte("secret"))
	f.write("home/me/checkout/plugin.so", library(t, "/:$ORIGIN:$ORIGIN/..", "eval.txt", "../checkout/unseen/eval.txt", "libx.so"))
	f.empty("home/me/checkout/libx.so", "home/me/checkout/libcublas.so", "dev/nvidia0")
	f.env["PJRT_PLUGIN"] = f.path("home/me/checkout/plugin.so")
	for _, variable := range []string{"PJRT_PLUGIN_LIBRARY_PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "CUDA_HOME", "CUDA_PATH"} {
		f.env[variable] = f.path("home/me/checkout") + ":" + f.path("home/me") + ":/"
	}
	if diff := cmp.Diff([]string{"home/me/checkout/plugin.so", "home/me/checkout/libx.so"}, f.files("xla")); diff != "" {
		t.Errorf("xla (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"home/me/checkout/plugin.so", "home/me/checkout/libx.so", "home/me/checkout/libcublas.so"}, f.files("cuda")); diff != "" {
		t.Errorf("cuda (-want +got):\n%s", diff)
	}
	f.env["PJRT_PLUGIN"] = f.path("home/me/checkout")
	if got := f.files("xla"); len(got) > 0 {
		t.Errorf("a folder as the plugin: %q", got)
	}
	f.env["PJRT_PLUGIN"] = f.path("home/me/checkout/unseen/eval.txt")
	if got := f.files("xla"); len(got) > 0 {
		t.Errorf("a text as the plugin: %q", got)
	}
}

// TestFilesOfCUDA has a machine as containers for GPUs are: a Python environment under
// /opt, the driver's libraries under /usr/local/nvidia.
func TestFilesOfCUDA(t *testing.T) {
	f := newTree(t)
	const site = "opt/env/lib/python3.12/site-packages/"
	f.env["VIRTUAL_ENV"] = f.path("opt/env")
	f.empty("dev/nvidia0", "usr/lib/x86_64-linux-gnu/libcuda.so.1", "opt/other/libcudart.so")
	f.write(site+"jax_plugins/xla_cuda13/xla_cuda_plugin.so", library(t, "$ORIGIN/../../nvidia/cu13/lib"))
	want := []string{
		site + "jax_plugins/xla_cuda13/xla_cuda_plugin.so", site + "nvidia/cu13/lib/libcublas.so.13", site + "nvidia/cudnn/lib/libcudnn_ops.so.9",
		"usr/local/cuda-13.0/lib64/libcupti.so", "usr/local/nvidia/lib64/libcuda.so.1", "usr/local/nvidia/lib64/libnvidia-ptxjitcompiler.so.1",
		site + "nvidia/cu13/bin/ptxas", "usr/local/cuda-13.0/bin/nvlink",
	}
	f.empty(want[1:]...)
	f.write(site+"nvidia/cu13/nvvm/libdevice/libdevice.10.bc", []byte("BC\xc0\xde"))
	f.write("usr/local/cuda-13.0/nvvm/libdevice/libdevice.10.bc", []byte("no bitcode"))
	f.write(site+"nvidia/cu13/lib/libcublas.txt", []byte("no library"))
	f.write(site+"nvidia/cu13/lib/libcu.so", []byte("no library"))
	f.empty(site + "nvidia/cu13/lib/libother.so")
	want = append(want[:7:7], site+"nvidia/cu13/nvvm/libdevice/libdevice.10.bc", want[7])
	if diff := cmp.Diff(want, f.files("cuda")); diff != "" {
		t.Errorf("cuda (-want +got):\n%s", diff)
	}
	f.empty("usr/local/lib/go-xla/pjrt_c_api_cpu_plugin.so")
	if got := f.machine().Files("auto"); len(got.Plugins) != 2 {
		t.Errorf("auto with a GPU has %v", got.Plugins)
	}
}

// TestFilesThroughLinks has a plugin whose environment and libraries are links.
func TestFilesThroughLinks(t *testing.T) {
	f := newTree(t)
	f.write("opt/real/plugin_cpu.so", library(t, "$ORIGIN/libs", "liba.so"))
	f.empty("opt/real/libs/liba.so.1.2")
	for from, to := range map[string]string{"opt/real/libs/liba.so": "liba.so.1.2", "opt/env": "real"} {
		if err := os.Symlink(to, f.path(from)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"opt/env/plugin_cpu.so", "opt/real/libs/liba.so"}, f.files("xla:"+f.path("opt/env/plugin_cpu.so"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
