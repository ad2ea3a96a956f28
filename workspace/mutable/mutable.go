package mutable

import (
	"fmt"
	"go/build"
	"io"
	"path"
	"regexp"
	"strings"
)

// Folder is where the files lie that candidates may change, from the repository's
// root.
const Folder = "trainer"

const (
	prefix    = Folder + "/"
	fixedMain = "main.go"
)

// Is reports whether file, going by its name, is one that candidates may change.
func Is(file string) bool {
	return Check(file, map[string]string{file: ""}) == ""
}

// Check returns why file may not be changed or created, or "". before holds the
// mutable files as they are.
func Check(file string, before map[string]string) string {
	name, isInFolder := strings.CutPrefix(file, prefix)
	switch {
	case !isPlainPath(file):
		return "not a plain path; write paths like trainer/recipe.go"
	case !isInFolder:
		if _, known := before[prefix+path.Base(file)]; known {
			return "only Go files directly in trainer/ may change; did you mean " + prefix + path.Base(file) + "?"
		}
		return "only Go files directly in trainer/ may change; put the change there"
	case strings.Contains(name, "/"):
		return "the folders below trainer/ are fixed; put the change into a file directly in trainer/"
	case path.Ext(name) != ".go":
		return "only .go files may change; write the change in Go"
	case strings.EqualFold(name, fixedMain):
		return "main.go is fixed; put the change into another file of trainer/"
	case strings.HasSuffix(strings.ToLower(name), "_test.go"):
		return "tests are fixed and don't change a run; put the change into a file that is not a test"
	}
	_, known := before[file]
	if !known && !regexp.MustCompile(`^[a-z][a-z0-9_]*\.go$`).MatchString(name) {
		return "name new files with lower-case letters, digits and underscores, such as trainer/deadzone.go"
	}
	if dependsOnPlatform(name) {
		return "its name ties it to one operating system or processor; choose a name without such an ending"
	}
	for other := range before {
		if other != file && strings.EqualFold(other, file) {
			return fmt.Sprintf("it differs from %s in case only; edit %s", other, other)
		}
	}
	return ""
}

// isPlainPath reports whether file is relative, clean and without characters that
// a file system or a terminal may read otherwise.
func isPlainPath(file string) bool {
	isPlain := func(r rune) bool { return r > ' ' && r < 0x7f && r != '\\' && r != ':' }
	odd := strings.ContainsFunc(file, func(r rune) bool { return !isPlain(r) })
	return !odd && file != "" && !path.IsAbs(file) && path.Clean(file) == file && file != ".." && !strings.HasPrefix(file, "../")
}

// dependsOnPlatform asks the go command's own code whether a name like
// loss_linux.go would leave the file out on some platform.
func dependsOnPlatform(name string) bool {
	nowhere := build.Context{
		GOOS: "nowhere", GOARCH: "nothing", Compiler: "gc",
		OpenFile: func(string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("package main\n")), nil
		},
	}
	built, err := nowhere.MatchFile(".", name)
	return err != nil || !built
}
