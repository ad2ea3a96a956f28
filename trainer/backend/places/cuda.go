package places

import (
	"path/filepath"
	"slices"
	"strings"
)

// cuda are CUDA's own files, most of which are looked for only while the plugin runs:
// the driver's and the toolkit's libraries, the assembler and linker that XLA's
// compiler starts, and its library of device functions.
func (m Machine) cuda(plugin string) []string {
	_, named := m.dynamic(plugin)
	toolkits := m.toolkits(plugin)
	folders := slices.Concat(named, m.loaderFolders())
	for _, toolkit := range toolkits {
		for _, inside := range []string{"lib", "lib64", "targets/*/lib", "nvvm/lib64", "extras/CUPTI/lib64"} {
			folders = append(folders, matches(filepath.Join(toolkit, inside))...)
		}
	}
	for _, pattern := range []string{"usr/local/nvidia/lib", "usr/local/nvidia/lib64"} { // where container runtimes put the driver's
		folders = append(folders, m.glob(pattern)...)
	}
	var found []string
	for _, folder := range folders {
		for _, file := range matches(filepath.Join(folder, "lib*.so*")) {
			if isCUDAs(filepath.Base(file)) && m.isProgram(file) && !m.isSystems(file) {
				found = append(found, file)
			}
		}
	}
	for _, toolkit := range toolkits {
		for _, tool := range []string{"bin/ptxas", "bin/nvlink", "bin/fatbinary", "nvvm/bin/cicc"} {
			if file := filepath.Join(toolkit, tool); m.isProgram(file) {
				found = append(found, file)
			}
		}
		for _, file := range matches(filepath.Join(toolkit, "nvvm/libdevice/libdevice*.bc")) {
			if strings.HasPrefix(readStart(file), "BC") { // LLVM's bitcode
				found = append(found, file)
			}
		}
	}
	return found
}

// toolkits are the folders that may hold a CUDA toolkit: beside the plugin, in the
// Python packages that came with it, where the user or the system has one.
func (m Machine) toolkits(plugin string) []string {
	folder := filepath.Dir(plugin)
	site := filepath.Dir(filepath.Dir(folder))
	folders := append([]string{folder}, matches(filepath.Join(site, "nvidia/*"))...)
	for _, variable := range []string{"CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX"} {
		if named := m.Env(variable); filepath.IsAbs(named) {
			folders = append(folders, filepath.Clean(named))
		}
	}
	return append(folders, m.glob("usr/local/cuda*")...)
}

// isCUDAs tells by its name whether a library is one of CUDA's or of the driver's.
func isCUDAs(name string) bool {
	for _, prefix := range []string{"libcu", "libnv", "libnccl", "libnpp"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// matches lists the files of a pattern.
func matches(pattern string) []string {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil // a folder's name reads as a broken pattern
	}
	return found
}
