package workspace

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ternlab/ternlab/workspace/allow"
	"github.com/ternlab/ternlab/workspace/inspect"
)

// realExports is the compiler's export data of all that the trainer imports and that
// candidates may.
var realExports = sync.OnceValues(func() (map[string]string, error) {
	arguments := append([]string{"list", "-export", "-deps", "-tags", "noxla", "-f", "{{.ImportPath}}\t{{.Export}}", "../trainer"}, allow.List().Imports()...)
	command := exec.Command("go", arguments...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	files := map[string]string{}
	for line := range strings.Lines(string(output)) {
		path, file, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		files[path] = file
	}
	return files, err
})

// checkReal checks the types of the trainer with other files in it.
func checkReal(t *testing.T, after map[string]string) inspect.Answer {
	t.Helper()
	exports, err := realExports()
	if err != nil {
		t.Fatal(err)
	}
	files := trainerFiles(t)
	for name, text := range after {
		files[name] = text
	}
	main, err := os.ReadFile(filepath.Join("..", "trainer", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	files["trainer/main.go"] = string(main)
	answer, err := inspect.Inspect(inspect.Request{Files: files, Package: &inspect.Package{
		Path: "github.com/ternlab/ternlab/trainer", Fixed: []string{"trainer/main.go"}, GoVersion: "go1.26", Arch: "amd64", Exports: exports,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// The trainer as it is must be within the names of those who change it.
func TestTypesOfTheTrainer(t *testing.T) {
	answer := checkReal(t, nil)
	for _, problem := range answer.Problems {
		t.Error(problem)
	}
	for _, found := range answer.Findings {
		t.Errorf("%s:%d: %s", found.File, found.Line, found.Reason)
	}
}
