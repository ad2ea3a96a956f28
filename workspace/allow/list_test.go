package allow

import (
	"slices"
	"strings"
	"testing"
)

// What must never be on the list, whatever else comes onto it.
func TestListLeavesOut(t *testing.T) {
	names := List()
	for _, path := range []string{
		"os", "unsafe", "reflect", "syscall", "time", "context", "runtime", "net", "io", "plugin", "sync", "sync/atomic", "math/rand", "hash/maphash",
		"github.com/gomlx/compute", "github.com/gomlx/compute/gobackend", "github.com/gomlx/gomlx/core/tensors",
		"github.com/ternlab/ternlab/trainer/checkpoint", "github.com/ternlab/ternlab/trainer/evaluate",
	} {
		if names.MayImport(path) || slices.Contains(names.Imports(), path) {
			t.Errorf("%s may be imported", path)
		}
	}
	for path, refused := range map[string]string{
		"fmt": "Print Printf Fprint Scan Sscan Appendf", "math/rand/v2": "Uint64 N IntN", "maps": "All DeleteFunc", "iter": "Pull Pull2",
		"github.com/gomlx/compute/dtypes":               "UnsafeByteSlice UnsafeSliceFromBytes FromGoType",
		"github.com/gomlx/gomlx/core/graph":             "NewExec NewGraph Parameter RNGState RNGStateForGraph VJPRegistration",
		"github.com/ternlab/ternlab/trainer/harness":    "Run Session NewSession",
		"github.com/ternlab/ternlab/trainer/checkpoint": "ReadModel",
	} {
		for name := range strings.FieldsSeq(refused) {
			if names.Has(path, name) {
				t.Errorf("%s.%s is allowed", path, name)
			}
		}
	}
	if !names.Has("math", "Sqrt") || !names.Has("github.com/gomlx/gomlx/core/graph", "Where") || !names.MayImport("strings") {
		t.Error("the list is not read")
	}
}

func TestVerbsOf(t *testing.T) {
	cases := map[string]struct{ verbs, problem string }{
		"":                 {"", ""},
		"100 %% of %d, %v": {"dv", ""},
		"%-8.3f %+v %*d":   {"fv*d", ""},
		"%p":               {"", "an address"},
		"%#v":              {"", "without"},
		"%[1]d":            {"", "without"},
		"%":                {"", "in the midst"},
		"%5.":              {"", "in the midst"},
		"%6-v":             {"", "is no verb"},
		"%*-*d":            {"", "is no verb"},
		"%.*f %w":          {"*fw", ""},
		"% é":              {"", "is no verb"},
	}
	for format, want := range cases {
		verbs, problem := verbsOf(format)
		if verbs != want.verbs && problem == "" || !strings.Contains(problem, want.problem) || (problem == "") != (want.problem == "") {
			t.Errorf("%q: verbs %q, %q; want %q, %q", format, verbs, problem, want.verbs, want.problem)
		}
	}
}
