package compiler

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ternlab/ternlab/trainer/backend/places"
)

// askTimeout is the longest that a compiler may take to say where its parts are.
const askTimeout = 20 * time.Second

// Files returns the paths that a build with the C compiler reads outside of the
// system's folders: the compiler, the programs that it starts, the libraries of
// both, and its folders of headers and libraries. The compiler is a command as the go
// command has it ("gcc", "/opt/gcc/bin/gcc -m64"). There are none if it isn't found or
// can't be asked: the build then says what it misses.
func Files(ctx context.Context, compiler string) []string {
	command := strings.Fields(compiler)
	if len(command) == 0 {
		return nil
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	ask := func(arguments ...string) string {
		asked := exec.CommandContext(ctx, path, slices.Concat(command[1:], arguments)...)
		answer, err := asked.CombinedOutput()
		if err != nil {
			return "" // an older compiler, or another kind: it has less to say
		}
		return string(answer)
	}
	programs := []string{path}
	for _, name := range []string{"cc1", "collect2", "as", "ld", "lto-wrapper"} {
		programs = append(programs, strings.TrimSpace(ask("-print-prog-name="+name)))
	}
	paths := slices.Concat(programs, searched(ask("-print-search-dirs")), included(ask("-xc", "-E", "-v", os.DevNull)))
	paths = append(paths, strings.TrimSpace(ask("-print-sysroot")))
	machine := places.This()
	for _, program := range programs {
		paths = append(paths, machine.Libraries(program)...)
	}
	return outside(paths)
}

// searched reads the folders in what -print-search-dirs says.
func searched(answer string) []string {
	var folders []string
	for line := range strings.Lines(answer) {
		_, list, found := strings.Cut(strings.TrimSpace(line), ": ")
		if found {
			folders = append(folders, filepath.SplitList(strings.TrimPrefix(list, "="))...)
		}
	}
	return folders
}

// included reads the folders of headers in what the preprocessor says with -v.
func included(answer string) []string {
	var folders []string
	within := false
	lines := bufio.NewScanner(strings.NewReader(answer))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#include "):
			within = true
		case strings.HasPrefix(line, "End of search list"):
			within = false
		case within:
			folders = append(folders, strings.TrimSuffix(strings.TrimSpace(line), " (framework directory)"))
		}
	}
	return folders
}

// outside keeps the paths that are there and don't lie in the system's folders, once
// each, and where links lead, too.
func outside(paths []string) []string {
	var kept []string
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			continue
		}
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue
		}
		for _, path := range []string{filepath.Clean(path), real} {
			if !isSystems(path) && !slices.Contains(kept, path) {
				kept = append(kept, path)
			}
		}
	}
	return kept
}

// isSystems tells whether builds see a path in any case, or must not see it as a
// whole.
func isSystems(path string) bool {
	if path == "/" || path == "/usr" || path == "/usr/local" {
		return true
	}
	for _, folder := range []string{"/bin", "/lib", "/lib32", "/lib64", "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/include", "/usr/local/bin", "/usr/local/lib", "/usr/local/include"} {
		if path == folder || strings.HasPrefix(path, folder+"/") {
			return true
		}
	}
	return false
}
