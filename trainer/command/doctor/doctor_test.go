package doctor

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/contract"
)

func TestPrintFinding(t *testing.T) {
	path := "/" + strings.Repeat("long/", 20) + "plugin.so"
	for _, c := range []struct {
		name  string
		found contract.Finding
		want  string
	}{
		{"one line", contract.Finding{Name: "backend go", Status: "ok", Detail: "works"}, "ok    backend go     works\n"},
		{
			"a fix",
			contract.Finding{Name: "backend xla", Status: "warn", Detail: "missing", Fix: "`install it`"},
			"warn  backend xla    missing\n                     → `install it`\n",
		},
		{
			"a long word has a line of its own",
			contract.Finding{Name: "backend xla", Status: "warn", Detail: "broken: " + path + ": too short"},
			"warn  backend xla    broken:\n                     " + path + ":\n                     too short\n",
		},
	} {
		var out bytes.Buffer
		if err := printFinding(&out, c.found); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, out.String()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestWrap(t *testing.T) {
	got := wrap(" one two  three four ", 9)
	if diff := cmp.Diff([]string{"one two", "three", "four"}, got); diff != "" {
		t.Error(diff)
	}
}
