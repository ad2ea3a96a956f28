package edit

import (
	"encoding/json"
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
	arguments := append([]string{"list", "-export", "-deps", "-tags", "noxla", "-f", "{{.ImportPath}}\t{{.Export}}", "../../trainer"}, allow.List().Imports()...)
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
	main, err := os.ReadFile(filepath.Join("..", "..", "trainer", "main.go"))
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

// TestHonestCompile builds the trainer with all honest candidates in it that add files
// of their own, so that their refusal or not isn't a matter of code that can't be.
func TestHonestCompile(t *testing.T) {
	try := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	replaced := map[string]string{}
	folder := t.TempDir()
	for _, c := range readCorpus(t, "honest") {
		for file, text := range c.files {
			if _, taken := replaced[file]; taken {
				t.Fatalf("two honest candidates have %s", file)
			}
			written := filepath.Join(folder, filepath.Base(file))
			try(os.WriteFile(written, []byte(text), 0o644))
			place, err := filepath.Abs(filepath.Join("..", "..", file))
			try(err)
			replaced[place] = written
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	try(err)
	file := filepath.Join(folder, "overlay.json")
	try(os.WriteFile(file, overlay, 0o644))
	output, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "noxla", "-overlay", file, "-o", filepath.Join(folder, "trainer"), "../../trainer").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
