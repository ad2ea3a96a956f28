package places

import (
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Libraries are the shared libraries that an ELF file needs, and those that they need
// in turn, as far as they lie outside of the system's own folders: as the dynamic
// linker would find them, by RUNPATH, LD_LIBRARY_PATH and /etc/ld.so.conf. None for
// a file that can't be read.
func (m Machine) Libraries(file string) []string {
	var found []string
	seen := map[string]bool{}
	queue := []string{file}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		needed, folders := m.dynamic(next)
		for _, name := range needed {
			if seen[name] {
				continue
			}
			seen[name] = true
			library := m.library(name, folders)
			if library == "" || m.isSystems(library) {
				continue
			}
			found, queue = append(found, library), append(queue, library)
		}
	}
	return found
}

// dynamic reads which libraries an ELF file names, and the folders that it names for
// them.
func (m Machine) dynamic(file string) (needed, folders []string) {
	opened, err := elf.Open(file)
	if err != nil {
		return nil, nil
	}
	defer func() { _ = opened.Close() }() // it was only read
	needed, err = opened.ImportedLibraries()
	if err != nil {
		return nil, nil
	}
	origin := filepath.Dir(file)
	if real, err := filepath.EvalSymlinks(file); err == nil {
		origin = filepath.Dir(real)
	}
	expand := strings.NewReplacer("$ORIGIN", origin, "${ORIGIN}", origin)
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		lists, err := opened.DynString(tag)
		if err != nil {
			continue
		}
		for _, list := range lists {
			for _, folder := range filepath.SplitList(list) {
				if folder = expand.Replace(folder); filepath.IsAbs(folder) {
					folders = append(folders, filepath.Clean(folder))
				}
			}
		}
	}
	return needed, folders
}

// library is the path of a library of that name; empty if it isn't to be found.
func (m Machine) library(name string, folders []string) string {
	if strings.Contains(name, "/") {
		if filepath.IsAbs(name) && m.isProgram(name) {
			return filepath.Clean(name)
		}
		return ""
	}
	for _, folder := range slices.Concat(folders, m.loaderFolders(), m.systemFolders()) {
		if path := filepath.Join(folder, name); m.isProgram(path) {
			return path
		}
	}
	return ""
}

// systemFolders are where the dynamic linker looks in any case.
func (m Machine) systemFolders() []string {
	var folders []string
	for _, pattern := range []string{
		"lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib", "lib/*-linux-gnu", "usr/lib/*-linux-gnu", "usr/local/lib/*-linux-gnu",
	} {
		folders = append(folders, m.glob(pattern)...)
	}
	return folders
}

// isSystems tells whether a file lies in a folder that every program may read.
func (m Machine) isSystems(file string) bool {
	for _, folder := range []string{"lib", "lib64", "lib32", "usr/lib", "usr/lib64", "usr/lib32", "usr/local/lib", "nix/store"} {
		if strings.HasPrefix(file, filepath.Join(m.Root, folder)+"/") {
			return true
		}
	}
	return false
}

// loaderFolders are what the user and the system name for libraries:
// LD_LIBRARY_PATH and /etc/ld.so.conf.
func (m Machine) loaderFolders() []string {
	var folders []string
	for _, folder := range filepath.SplitList(m.Env("LD_LIBRARY_PATH")) {
		if filepath.IsAbs(folder) {
			folders = append(folders, filepath.Clean(folder))
		}
	}
	const deepest = 4 // files that include others
	return append(folders, m.configured(filepath.Join(m.Root, "etc/ld.so.conf"), deepest)...)
}

// configured reads the folders of a file in the form of /etc/ld.so.conf.
func (m Machine) configured(file string, deepest int) []string {
	text, err := os.ReadFile(file)
	if err != nil || deepest == 0 {
		return nil
	}
	var folders []string
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		included, isInclude := strings.CutPrefix(line, "include ")
		switch {
		case isInclude:
			included = strings.TrimSpace(included)
			if !filepath.IsAbs(included) {
				included = filepath.Join("etc", included)
			}
			for _, other := range m.glob(included) {
				folders = append(folders, m.configured(other, deepest-1)...)
			}
		case filepath.IsAbs(line):
			folders = append(folders, filepath.Join(m.Root, line))
		}
	}
	return folders
}
