package backend

import "path/filepath"

// pluginPatterns lists the file patterns that an engine's plugin is searched
// by, in this order: the folders of PJRT_PLUGIN_LIBRARY_PATH, those of GoMLX's
// installer, the known wheels in each place where Python keeps its packages.
func (m machine) pluginPatterns(engine string) []string {
	var patterns []string
	for _, folder := range append(filepath.SplitList(m.env(pluginFoldersVariable)), m.installerFolders()...) {
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
func (m machine) installerFolders() []string {
	user := []string{"go-xla", "go-xla/nvidia", "gomlx/pjrt"}
	base := filepath.Join(m.home, ".local", "lib")
	if m.os == "darwin" {
		user = []string{"go-xla", "GoMLX/PJRT"}
		base = filepath.Join(m.home, "Library", "Application Support")
	}
	var folders []string
	for _, name := range user {
		if m.home != "" {
			folders = append(folders, filepath.Join(base, filepath.FromSlash(name)))
		}
	}
	for _, name := range []string{"go-xla", "go-xla/nvidia", "gomlx/pjrt"} {
		folders = append(folders, filepath.Join(m.root, "usr/local/lib", filepath.FromSlash(name)))
	}
	return folders
}

// sitePackages are patterns of the folders where a Python would look for its
// packages: the active environment's, those of the python3 on the path, the
// user's, the system's. No Python is run for it.
func (m machine) sitePackages() []string {
	const inside = "lib/python3*/site-packages"
	var sites []string
	for _, prefix := range []string{m.env("VIRTUAL_ENV"), m.env("CONDA_PREFIX"), pythonPrefix(m.python)} {
		if prefix != "" {
			sites = append(sites, filepath.Join(prefix, inside))
		}
	}
	if m.home != "" {
		sites = append(sites,
			filepath.Join(m.home, ".local", inside),
			filepath.Join(m.home, "Library/Python/3*/lib/python/site-packages"),
			filepath.Join(m.home, ".pyenv/versions/*", inside))
	}
	for _, folder := range []string{
		"usr/local/" + inside, "usr/local/lib/python3*/dist-packages", "usr/lib/python3/dist-packages",
		"opt/homebrew/" + inside, "Library/Frameworks/Python.framework/Versions/3*/" + inside,
	} {
		sites = append(sites, filepath.Join(m.root, folder))
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
