package build

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/workspace/edit"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// newBuilder builds candidates of a small module, from a cache that is filled.
func newBuilder(t *testing.T, files map[string]string) (builder CandidateToolchain, dir string) {
	t.Helper()
	dir = newModule(t, files)
	kept, err := sandbox.Detect(t.Context(), sandbox.Auto)
	if err != nil {
		t.Fatal(err)
	}
	builder, err = detect(t, dir).ForCandidates(kept, filepath.Join(t.TempDir(), "cache"))
	if err != nil {
		t.Fatal(err)
	}
	if err := builder.Fill(t.Context(), dir, "./trainer"); err != nil {
		t.Fatal(err)
	}
	return builder, dir
}

func TestInspection(t *testing.T) {
	builder, dir := newBuilder(t, map[string]string{
		"trainer/main.go":  "package main\n\nimport \"os\"\n\nvar arguments = os.Args\n\nfunc main() { work() }\n",
		"trainer/step.go":  "package main\n\nfunc work() {}\n",
		"trainer/clock.go": "package main\n\nimport \"time\"\n\nfunc now() int64 { return time.Now().Unix() }\n",
	})
	t.Run("format", func(t *testing.T) { testFormat(t, builder) })
	t.Run("types", func(t *testing.T) { testTypes(t, builder, dir) })
	t.Run("bombs", func(t *testing.T) { testCompileBombs(t, builder, dir) })
}

func testFormat(t *testing.T, builder CandidateToolchain) {
	t.Helper()
	got, err := builder.Format(t.Context(), map[string]string{
		"trainer/a.go":    "package main\nfunc  f( ){x:=1;_=x}",
		"trainer/gone.go": "",
		"notes.md":        "a  b",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"trainer/a.go":    "package main\n\nfunc f() { x := 1; _ = x }\n",
		"trainer/gone.go": "",
		"notes.md":        "a  b",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("formatted (-want +got):\n%s", diff)
	}
	_, err = builder.Format(t.Context(), map[string]string{"trainer/a.go": "package main\n\nfunc {\n"})
	var failure *Error
	if !errors.As(err, &failure) || failure.Stage != "gofmt" || !strings.HasPrefix(failure.Output, "trainer/a.go:3:6: ") {
		t.Errorf("error is %v, want a BuildError of gofmt at trainer/a.go:3:6", err)
	}
	// What the bounds of size keep out: were it let in, the process would end, not the agent.
	deep := strings.Repeat("{", 60_000)
	_, err = builder.Format(t.Context(), map[string]string{"trainer/a.go": "package main\n\nfunc f() " + deep + strings.ReplaceAll(deep, "{", "}")})
	if !errors.As(err, &failure) || failure.Stage != "gofmt" || !strings.Contains(failure.Output, "write it simpler") {
		t.Errorf("error is %v, want a BuildError of a process that took too much", err)
	}
}

func testTypes(t *testing.T, builder CandidateToolchain, dir string) {
	t.Helper()
	build := func(step string) error {
		t.Helper()
		writeAll(t, dir, map[string]string{"trainer/step.go": "package main\n\n" + step})
		return builder.Build(t.Context(), dir, "./trainer", filepath.Join(t.TempDir(), "trainer"))
	}
	if err := build("func work() { _ = now() }\n"); err != nil {
		t.Errorf("what the base does, and a use of it: %v", err)
	}
	cases := map[string]string{
		"func work() { _ = arguments }\n":                                 "line 3: arguments belongs to the fixed trainer/main.go",
		"func work() { for range map[int]int{} { println() } }\n":         "line 3: the order of a map changes",
		"import \"fmt\"\n\nfunc work() { _ = fmt.Sprint(new(int)) }\n":    "line 5: fmt.Sprint of a *int may show an address",
		"import \"errors\"\n\nfunc work() { go errors.New(\"later\") }\n": "line 5: goroutines",
	}
	for step, want := range cases {
		var refused *edit.GuardError
		if err := build(step); !errors.As(err, &refused) || refused.File != "trainer/step.go" || !strings.Contains(refused.Reason, want) {
			t.Errorf("error is %v, want a GuardError with %q", err, want)
		}
	}
	var broken *Error
	if err := build("func work() { return missing }\n"); !errors.As(err, &broken) || !strings.Contains(broken.Error(), "vet:\ntrainer/step.go:3:") {
		t.Errorf("error is %v, want a BuildError", err)
	}
	writeAll(t, dir, map[string]string{"trainer/step.go": "package main\n\nfunc work() {}\n"})
}

// testCompileBombs has the type check or the compiler take without end: that is the
// candidate's failure.
func testCompileBombs(t *testing.T, builder CandidateToolchain, dir string) {
	t.Helper()
	doubled := "const s0 = \"0123456789abcdef\"\n"
	for i := 1; i <= 33; i++ {
		doubled += strings.NewReplacer("NEW", strconv.Itoa(i), "OLD", strconv.Itoa(i-1)).Replace("const sNEW = sOLD + sOLD\n")
	}
	cases := map[string]string{
		"a string doubled":   doubled + "\nvar s = s33\n\nfunc work() { println(len(s)) }\n",
		"a type in itself":   "type t[P any] struct{ next *t[[2]P] }\n\nvar x t[int]\n\nfunc work() {}\n",
		"an endless calling": "func f[T any](x T) { f([2]T{}) }\n\nfunc work() { f(1) }\n",
		"a huge array":       "var x [1 << 50]int\n\nfunc work() { x[0]++ }\n",
		"a shift":            "const x = 1 << 1 << 1000000\n\nfunc work() { _ = x }\n",
	}
	for name, step := range cases {
		writeAll(t, dir, map[string]string{"trainer/step.go": "package main\n\n" + step})
		err := builder.Build(t.Context(), dir, "./trainer", filepath.Join(t.TempDir(), "trainer"))
		var broken *Error
		if refused := new(edit.GuardError); !errors.As(err, &broken) && !errors.As(err, &refused) {
			t.Errorf("%s: error is %v, want a failure of the candidate's", name, err)
		}
	}
	writeAll(t, dir, map[string]string{"trainer/step.go": "package main\n\nfunc work() {}\n"})
}
