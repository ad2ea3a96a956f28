package places

import (
	"path/filepath"
	"strings"
)

// pluginPatterns lists the file patterns that an engine's plugin is searched
// by, in this order: the folders of PJRT_PLUGIN_LIBRARY_PATH, those of GoMLX's
// installer, the known wheels in each place where Python keeps its packages.
func (m Machine) pluginPatterns(engine string) []string {
	var patterns []string
	for _, folder := range append(filepath.SplitList(m.Env(PluginFoldersVariable)), m.installerFolders()...) {
		for _, name := range pluginNames(engine) {
			patterns = append(patterns, filepath.Join(folder, name))
		}
	}
	for _, site := range m.sitePackages() {
		for _, name := range wheelFiles(engine) {
			patterns = append(patterns, filepath.Join(site, filepath.FromSlash(name)))
		}
	}
	return patterns
}

// pluginNames are the names of an engine's plugin outside of a wheel.
func pluginNames(engine string) []string {
	switch engine {
	case CUDA:
		return []string{"pjrt_c_api_cuda*plugin.so", "xla_cuda_plugin.so"}
	case Metal:
		return []string{"pjrt_c_api_mtl_plugin.dylib", "libpjrt_plugin_mps.dylib"}
	}
	return []string{"pjrt_c_api_cpu*plugin.so", "pjrt_c_api_cpu*plugin.dylib"}
}

// wheelFiles are the plugins inside the wheels lammps-jax-pjrt-cpu,
// jax-cuda13-pjrt, jax-cuda12-pjrt, metal-pjrt-core and jax-mps.
func wheelFiles(engine string) []string {
	switch engine {
	case CUDA:
		return []string{"jax_plugins/xla_cuda13/xla_cuda_plugin.so", "jax_plugins/xla_cuda12/xla_cuda_plugin.so"}
	case Metal:
		return []string{"metal_pjrt_core/pjrt_c_api_mtl_plugin.dylib", "jax_plugins/mps/lib/libpjrt_plugin_mps.dylib"}
	}
	return []string{"lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so"}
}

// installerFolders are those that GoMLX's installers, old and new, write to.
func (m Machine) installerFolders() []string {
	user := []string{"go-xla", "go-xla/nvidia", "gomlx/pjrt"}
	base := filepath.Join(m.Home, ".local", "lib")
	if m.OS == "darwin" {
		user = []string{"go-xla", "GoMLX/PJRT"}
		base = filepath.Join(m.Home, "Library", "Application Support")
	}
	var folders []string
	for _, name := range user {
		if m.Home != "" {
			folders = append(folders, filepath.Join(base, filepath.FromSlash(name)))
		}
	}
	for _, name := range []string{"go-xla", "go-xla/nvidia", "gomlx/pjrt"} {
		folders = append(folders, filepath.Join(m.Root, "usr/local/lib", filepath.FromSlash(name)))
	}
	return folders
}

// sitePackages are patterns of the folders where a Python would look for its
// packages: the active environment's, those of the python3 on the path, the
// user's, the system's. No Python is run for it.
func (m Machine) sitePackages() []string {
	const inside = "lib/python3*/site-packages"
	var sites []string
	for _, prefix := range []string{m.Env("VIRTUAL_ENV"), m.Env("CONDA_PREFIX"), pythonPrefix(m.Python)} {
		if prefix != "" {
			sites = append(sites, filepath.Join(prefix, inside))
		}
	}
	if m.Home != "" {
		sites = append(sites,
			filepath.Join(m.Home, ".local", inside),
			filepath.Join(m.Home, "Library/Python/3*/lib/python/site-packages"),
			filepath.Join(m.Home, ".pyenv/versions/*", inside))
	}
	for _, folder := range []string{
		"usr/local/" + inside, "usr/local/lib/python3*/dist-packages", "usr/lib/python3/dist-packages",
		"opt/homebrew/" + inside, "Library/Frameworks/Python.framework/Versions/3*/" + inside,
	} {
		sites = append(sites, filepath.Join(m.Root, folder))
	}
	return sites
}

// pythonPrefix is the folder that holds the bin and lib of a python3.
func pythonPrefix(python string) string {
	if python == "" {
		return ""
	}
	return filepath.Dir(filepath.Dir(python))
}

// Find is the file of an engine's plugin in the usual places; empty if there is none.
func (m Machine) Find(engine string) (string, error) {
	for _, pattern := range m.pluginPatterns(engine) {
		found, err := filepath.Glob(pattern)
		if err == nil && len(found) > 0 {
			return filepath.Abs(found[0])
		}
	}
	return "", nil
}

// EngineOf tells by its name which engine a plugin file is for, empty if the name
// doesn't say. Only the file's own name counts, not its folder's.
func EngineOf(file string) string {
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
