package edit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/workspace/mutable"
)

// parent is what the candidates of the guard's tests change.
func parent() map[string]string {
	return map[string]string{
		"trainer/recipe.go":    "package main\n\nconst groupSize = 64\n",
		"trainer/loss.go":      "package main\n\nimport \"math\"\n\nfunc ppl(loss float64) float64 { return math.Exp(loss) }\n",
		"trainer/BitLinear.go": "package main\n\ntype bitLinear struct{}\n",
	}
}

func TestGuardRefusesFiles(t *testing.T) {
	const source = "package main\n"
	tests := map[string]struct{ file, reason string }{
		"the program's main":    {"trainer/main.go", "fixed"},
		"main in other case":    {"trainer/Main.go", "fixed"},
		"main in capitals":      {"trainer/MAIN.GO", ".go files"},
		"a test":                {"trainer/loss_test.go", "tests are fixed"},
		"a test in other case":  {"trainer/loss_Test.go", "tests are fixed"},
		"another folder":        {"results/verdict.go", "only Go files directly in trainer/"},
		"the evaluator":         {"trainer/evaluate/evaluate.go", "folders below trainer/ are fixed"},
		"a new subfolder":       {"trainer/cheat/cheat.go", "folders below trainer/ are fixed"},
		"a hidden subfolder":    {"trainer/.git/config.go", "folders below trainer/ are fixed"},
		"the module file":       {"go.mod", "only Go files directly in trainer/"},
		"a module in trainer":   {"trainer/go.mod", "only .go files"},
		"a git hook":            {".git/hooks/pre-commit", "only Go files directly in trainer/"},
		"assembly":              {"trainer/kernel_amd64.s", "only .go files"},
		"a C file":              {"trainer/kernel.c", "only .go files"},
		"an object file":        {"trainer/kernel.syso", "only .go files"},
		"data":                  {"trainer/eval.json", "only .go files"},
		"no ending":             {"trainer/recipe", "only .go files"},
		"absolute":              {"/etc/cron.d/x.go", "plain path"},
		"upwards":               {"../x.go", "plain path"},
		"upwards in between":    {"trainer/../results/verdict.go", "plain path"},
		"upwards from trainer":  {"trainer/../../x.go", "plain path"},
		"a dot in between":      {"trainer/./main.go", "plain path"},
		"two slashes":           {"trainer//main.go", "plain path"},
		"a slash at the end":    {"trainer/loss.go/", "plain path"},
		"backslashes":           {`trainer\main.go`, "plain path"},
		"a Windows drive":       {"C:/trainer/loss.go", "plain path"},
		"a NUL byte":            {"trainer/loss.go\x00.txt", "plain path"},
		"a line end":            {"trainer/loss\n.go", "plain path"},
		"a blank":               {"trainer/loss .go", "plain path"},
		"letters that look so":  {"trainer/lοss.go", "plain path"}, // Greek omicron
		"nothing":               {"", "plain path"},
		"the folder itself":     {"trainer/", "plain path"},
		"capitals":              {"trainer/Deadzone.go", "lower-case"},
		"hidden from the build": {"trainer/_loss.go", "lower-case"},
		"a dot file":            {"trainer/.loss.go", "lower-case"},
		"for Linux":             {"trainer/loss_linux.go", "operating system"},
		"for one processor":     {"trainer/loss_arm64.go", "processor"},
		"for both":              {"trainer/loss_darwin_arm64.go", "operating system"},
		"other case of a file":  {"trainer/bitlinear.go", "edit trainer/BitLinear.go"},
		"the folder forgotten":  {"recipe.go", "did you mean trainer/recipe.go?"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wantRefusal(t, Guard(parent(), map[string]string{test.file: source}), test.file, test.reason)
			wantRefusal(t, GuardEdits(parent(), []Edit{{File: test.file, Replace: source}}), test.file, test.reason)
			if mutable.Is(test.file) && test.file != "trainer/Deadzone.go" && test.file != "trainer/bitlinear.go" {
				t.Errorf("mutable.Is(%q) is true", test.file)
			}
		})
	}
}

func TestGuardRefusesSource(t *testing.T) {
	imports := func(path string) string { return "package main\n\nimport x " + path + "\n\nvar _ = x.X\n" }
	tests := map[string]struct{ source, reason string }{
		"nothing left":           {"", "can't be deleted"},
		"blanks left":            {"\n\t\n", "can't be deleted"},
		"too long":               {"package main\n" + strings.Repeat("// text of the evaluation\n", 10_000), "too long"},
		"invalid UTF-8":          {"package main\n\nconst x = \"\xff\"\n", "UTF-8"},
		"NUL bytes":              {"package main\n\nconst x = \"\x00\"\n", "NUL"},
		"text reordered":         {"package main\n\nconst x = \"\u202e\"\n", "hide or reorder"},
		"text hidden":            {"package main\n\nconst x\u200b = 1\n", "hide or reorder"},
		"no Go":                  {"package main\n\nfunc f( {\n", "line 3:9"},
		"a leftover marker":      {"package main\n\n>>>>>>> REPLACE\n", "not valid Go"},
		"a library":              {"package trainer\n", "package main"},
		"an external test":       {"package main_test\n", "package main"},
		"files":                  {imports(`"os"`), "reads and writes no files"},
		"files, in backquotes":   {imports("`os`"), "reads and writes no files"},
		"files, escaped":         {imports(`"\x6fs"`), "reads and writes no files"},
		"file systems":           {imports(`"io/fs"`), "reads and writes no files"},
		"old ioutil":             {imports(`"io/ioutil"`), "reads and writes no files"},
		"paths":                  {imports(`"path/filepath"`), "reads and writes no files"},
		"embedding":              {"package main\n\nimport _ \"embed\"\n", "reads and writes no files"},
		"flags":                  {imports(`"flag"`), "flags"},
		"logs":                   {imports(`"log/slog"`), "logs"},
		"commands":               {imports(`"os/exec"`), "computes only"},
		"signals":                {imports(`"os/signal"`), "computes only"},
		"system calls":           {imports(`"syscall"`), "computes only"},
		"more system calls":      {imports(`"golang.org/x/sys/unix"`), "computes only"},
		"memory":                 {imports(`"unsafe"`), "computes only"},
		"reflection":             {imports(`"reflect"`), "computes only"},
		"the runtime":            {imports(`"runtime"`), "computes only"},
		"the debugger":           {imports(`"runtime/debug"`), "computes only"},
		"plugins":                {imports(`"plugin"`), "computes only"},
		"the network":            {imports(`"net"`), "no network"},
		"HTTP":                   {imports(`"net/http"`), "no network"},
		"C":                      {"package main\n\n// #include <stdlib.h>\nimport \"C\"\n", "cgo"},
		"the clock":              {imports(`"time"`), "harness measures time"},
		"old random numbers":     {imports(`"math/rand"`), "math/rand/v2"},
		"the agent":              {imports(`"github.com/ternlab/ternlab/results"`), "do without it"},
		"the evaluator":          {imports(`"github.com/ternlab/ternlab/trainer/evaluate"`), "out of reach"},
		"the data":               {imports(`"github.com/ternlab/ternlab/trainer/prepare"`), "out of reach"},
		"below the harness":      {imports(`"github.com/ternlab/ternlab/trainer/harness/inner"`), "out of reach"},
		"GoMLX's checkpoints":    {imports(`"github.com/gomlx/gomlx/ml/model/checkpoint"`), "core/graph"},
		"GoMLX's file helpers":   {imports(`"github.com/gomlx/gomlx/support/fsutil"`), "core/graph"},
		"a backend":              {imports(`"github.com/gomlx/go-xla/compute/xla"`), "core/graph"},
		"a neighbour by name":    {imports(`"github.com/gomlx/gomlx/ml/layersx"`), "core/graph"},
		"an unknown module":      {imports(`"example.com/cheat"`), "do without it"},
		"a relative import":      {imports(`"./prepare"`), "do without it"},
		"two at once":            {"package main\n\nimport (\n\t\"os\"\n\t\"net\"\n)\n", `"net" is not allowed: mutable code has no network; everything it needs comes from the harness; import of "os"`},
		"a dot import":           {"package main\n\nimport . \"github.com/gomlx/compute/shapes\"\n", "only core/graph may be imported with a dot"},
		"linkname":               {"package main\n\n//go:linkname now time.now\nfunc now()\n", "directive"},
		"embed directive":        {"package main\n\n//go:embed eval.json\nvar eval string\n", "directive"},
		"generate directive":     {"package main\n\n//go:generate sh -c true\n", "directive"},
		"a build constraint":     {"//go:build linux\n\npackage main\n", "directive"},
		"an old one":             {"// +build linux\n\npackage main\n", "directive"},
		"a line directive":       {"package main\n\n//line main.go:1\nfunc f() {}\n", "directive"},
		"a line directive in /*": {"package main\n\nfunc f() { /*line main.go:1:1*/ }\n", "directive"},
		"cgo's export":           {"package main\n\n//export f\nfunc f() {}\n", "directive"},
		"a directive in a body":  {"package main\n\nfunc f() {\n\t//go:nosplit\n}\n", "line 4: the directive"},
		"init":                   {"package main\n\nfunc init() {}\n", "init functions"},
		"main":                   {"package main\n\nfunc main() {}\n", "func main is in the fixed main.go"},
		"no body":                {"package main\n\nfunc sum(x []float32) float32\n", "no body"},
		"a tensor from a file": {
			"package main\n\nimport \"github.com/gomlx/gomlx/core/tensors\"\n\nvar x, _ = tensors.Load(\"eval\")\n", "tensors, backends and files",
		},
		"raw memory": {
			"package main\n\nimport t \"github.com/gomlx/compute/dtypes\"\n\nvar f = t.UnsafeByteSlice[int32]\n", "line 5: github.com/gomlx/compute/dtypes.UnsafeByteSlice is not allowed",
		},
		"a backend of its own": {
			"package main\n\nimport \"github.com/gomlx/compute\"\n\nvar b, _ = (compute).New()\n", "tensors, backends and files",
		},
		"a graph compiled and run": {
			"package main\n\nimport \"github.com/gomlx/gomlx/core/graph\"\n\nvar e = (graph).NewExec\n", "the harness compiles and runs the graph",
		},
		"a run of the harness": {
			"package main\n\nimport \"github.com/ternlab/ternlab/trainer/harness\"\n\nvar r = harness.Run{Out: \"/tmp\"}\n", "the harness runs the training",
		},
		"randomness": {
			"package main\n\nimport \"math/rand/v2\"\n\nvar x = rand.Uint64()\n", "draw from rand.New",
		},
		"stdin": {
			"package main\n\nimport \"fmt\"\n\nvar n, err = fmt.Scan()\n", "the harness prints progress and reads the flags",
		},
		"a goroutine": {
			"package main\n\nfunc f() { go f() }\n", "line 3: goroutines and channels",
		},
		"a channel": {
			"package main\n\nfunc f() { c := make(chan int); _ = c }\n", "line 3: goroutines and channels",
		},
		"a select": {
			"package main\n\nfunc f() { select {} }\n", "line 3: goroutines and channels",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			const file = "trainer/recipe.go"
			wantRefusal(t, Guard(parent(), map[string]string{file: test.source}), file, test.reason)
		})
	}
}

func TestGuardRefusesNoChange(t *testing.T) {
	wantRefusal(t, Guard(parent(), nil), "", "leaves every file as it is")
	wantRefusal(t, Guard(parent(), parent()), "", "leaves every file as it is")
}

func TestGuardNamesTheFaultyFileOfSeveral(t *testing.T) {
	after := map[string]string{
		"trainer/loss.go":   "package main\n",
		"trainer/main.go":   "package main\n",
		"trainer/recipe.go": "package main\n\nimport \"os\"\n",
	}
	wantRefusal(t, Guard(parent(), after), "trainer/main.go", "fixed")
}

func wantRefusal(t *testing.T, err error, file, reason string) {
	t.Helper()
	var refused *GuardError
	if !errors.As(err, &refused) {
		t.Fatalf("error is %v, want a *GuardError that mentions %q", err, reason)
	}
	if refused.File != file || !strings.Contains(refused.Reason, reason) {
		t.Errorf("refused %q: %s; want %q and a reason that mentions %q", refused.File, refused.Reason, file, reason)
	}
}

// The trainer as it is must be within the limits of those who change it.
func TestGuardAcceptsTheTrainer(t *testing.T) {
	paths, err := filepath.Glob("../../trainer/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file := "trainer/" + filepath.Base(path)
		if !mutable.Is(file) {
			continue
		}
		found++
		if err := Guard(nil, map[string]string{file: string(text)}); err != nil {
			t.Error(err)
		}
	}
	if found == 0 {
		t.Error("found no mutable file")
	}
}

// Changes that are unusual, but honest.
func TestGuardAccepts(t *testing.T) {
	tests := map[string]struct{ file, source string }{
		"a knob":                {"trainer/recipe.go", "package main\n\nconst groupSize = 128\n"},
		"a new file":            {"trainer/deadzone_recovery2.go", "package main\n"},
		"a name like a system":  {"trainer/linux.go", "package main\n"},
		"a name like a window":  {"trainer/attention_window.go", "package main\n"},
		"a file in capitals":    {"trainer/BitLinear.go", "package main\n\ntype bitLinear struct{ bias bool }\n"},
		"a file emptied of use": {"trainer/loss.go", "package main\n"},
		"comments only":         {"trainer/loss.go", "// Nothing left: the harness computes the loss.\npackage main\n"},
		"graph code": {"trainer/quantize.go", `package main

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/nn"

	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)
`},
		"much of the standard library": {"trainer/search.go", `package main

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/bits"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)
`},
		"generics, closures": {"trainer/parts.go", `package main

type number interface{ ~float32 | ~float64 }

func sum[T number](parts ...[]T) (total T) {
	each := func(visit func(T)) {
		for _, part := range parts {
			for _, x := range part {
				visit(x)
			}
		}
	}
	each(func(x T) { total += x })
	return total
}
`},
		"methods named main and init": {"trainer/state.go", `package main

type state struct{ steps int }

func (s *state) init() { s.steps = 0 }
func (s *state) main() { s.steps++ }
`},
		"text that looks like directives": {"trainer/notes.go", "package main\n\n// The go:embed way is closed; see //go:linkname.\n//linear warmup, line by line\nconst notes = `\n//go:build linux\nimport \"os\"\n`\n"},
		"words of the list in strings":    {"trainer/names.go", "package main\n\nvar names = []string{\"os\", \"unsafe\", \"net/http\"}\n"},
		"letters beyond ASCII":            {"trainer/lambda.go", "package main\n\n// λ → 1; Δ ≤ 0.5 · α\nfunc ramp(t float64) string { return \"λ\" }\n"},
		"packages under other names":      {"trainer/alias.go", "package main\n\nimport (\n\tm \"math\"\n\t_ \"slices\"\n)\n\nvar x = m.Pi\n"},
		"Load of its own":                 {"trainer/load.go", "package main\n\ntype cache struct{}\n\nfunc (cache) Load(step int) int { return step }\n\nvar y = cache{}.Load(1)\n"},
		"not formatted":                   {"trainer/ugly.go", "package main\nfunc  f( )int{return   1}"},
		"Windows line ends":               {"trainer/windows_ends.go", "package main\r\n\r\nconst z = 1\r\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := Guard(parent(), map[string]string{test.file: test.source}); err != nil {
				t.Error(err)
			}
			if err := GuardEdits(parent(), []Edit{{File: test.file}}); err != nil {
				t.Error(err)
			}
			if !mutable.Is(test.file) {
				t.Errorf("mutable.Is(%q) is false", test.file)
			}
		})
	}
}
