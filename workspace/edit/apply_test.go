package edit

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestApply(t *testing.T) {
	const file = "trainer/loss.go"
	tests := map[string]struct {
		text, search, replace string
		line                  int
		want                  string
	}{
		"part of a line": {
			text: "rate := 2e-5 // peak\n", search: "2e-5", replace: "1e-4", want: "rate := 1e-4 // peak\n",
		},
		"whole lines": {
			text: "a()\nb()\nc()\n", search: "b()\n", replace: "b()\nd()\n", want: "a()\nb()\nd()\nc()\n",
		},
		"last line lacks its end": {
			text: "a()\nb()", search: "b()\n", replace: "c()\n", want: "a()\nc()",
		},
		"lines taken out": {
			text: "a()\n\tb()\nc()\n", search: "b()\n", replace: "", want: "a()\n\tc()\n",
		},
		"indented lines taken out": {
			text: "a()\n\t\tb(x,  y)\nc()\n", search: "  b(x, y)\n", replace: "", want: "a()\nc()\n",
		},
		"exact place preferred to a loose one": {
			text: "x = 1\n\ty = 2\nx =  1\n", search: "x =  1", replace: "x = 3", want: "x = 1\n\ty = 2\nx = 3\n",
		},
		"whole lines preferred to parts of lines": {
			text: "\t\treturn x\n\treturn x\n", search: "\treturn x\n", replace: "\treturn y\n", want: "\t\treturn x\n\treturn y\n",
		},
		"words are not cut": {
			text: "LambdaSteps: 500\nSteps: 50\n", search: "Steps: 50", replace: "Steps: 60", want: "LambdaSteps: 500\nSteps: 60\n",
		},
		"numbers are not cut": {
			text: "a := 2.5\nb := 2\n", search: ":= 2", replace: ":= 3", want: "a := 2.5\nb := 3\n",
		},
		"fractions are not cut": {
			text: "a := 0.5\nb := 5\n", search: "5", replace: "6", want: "a := 0.5\nb := 6\n",
		},
		"line decides": {
			text: "x()\nx()\nx()\n", search: "x()", replace: "y()", line: 2, want: "x()\ny()\nx()\n",
		},
		"blanks at ends of lines": {
			text: "if a {\n\tb()\n}\n", search: "if a {  \n\tb()\t\n}", replace: "b()", want: "b()\n",
		},
		"Windows line ends": {
			text: "a()\r\nb()\r\nc()\r\n", search: "a()\nb()\n", replace: "d()\n", want: "d()\nc()\r\n",
		},
		"indentation exchanged": {
			text:    "func f() {\n\tfor {\n\t\tif a {\n\t\t\tb()\n\t\t}\n\t}\n}\n",
			search:  "if a {\n\tb()\n}\n",
			replace: "if a && c {\n\tb()\n}\n",
			want:    "func f() {\n\tfor {\n\t\tif a && c {\n\t\t\tb()\n\t\t}\n\t}\n}\n",
		},
		"indentation taken away": {
			text:    "if a {\n\tb()\n}\n",
			search:  "        if a {\n        \tb()\n        }\n",
			replace: "        if c {\n        \tb()\n\n        \td()\n        }\n",
			want:    "if c {\n\tb()\n\n\td()\n}\n",
		},
		"alignment in mid-line": {
			text: "R{\n\tA:    1, // one\n\tLong: 2, // two\n}\n", search: "A: 1, // one\n\tLong: 2,", replace: "A: 3, // one\n\tLong: 4,",
			want: "R{\n\tA: 3, // one\n\tLong: 4, // two\n}\n",
		},
		"blank lines around": {
			text: "a()\nb(1,  2)\nc()\n", search: "\n\nb(1, 2)\n\n", replace: "\nb(3)\n\n", want: "a()\nb(3)\nc()\n",
		},
		"letters beyond ASCII": {
			text: "// λ steigt\nλ := 1\n", search: "λ := 1", replace: "λ := 0", want: "// λ steigt\nλ := 0\n",
		},
		"empty file filled": {
			text: "", search: "", replace: "package main\n", want: "package main\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{file: test.text, "trainer/other.go": "package main\n"}
			edit := Edit{File: file, Search: test.search, Replace: test.replace, Line: test.line}
			got, err := Apply(files, []Edit{edit})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{file: test.want}, got); diff != "" {
				t.Errorf("changed files (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	const text = "package main\n\nfunc f() int {\n\treturn 1\n}\n\nfunc g() int {\n\treturn 1\n}\n"
	tests := map[string]struct {
		edits   []Edit
		reason  string
		nearest string
	}{
		"no edit":        {nil, "no edit", ""},
		"several places": {[]Edit{{File: "a.go", Search: "return 1", Replace: "return 2"}}, "2 times (lines 4, 8)", ""},
		"several places, blanks apart": {
			[]Edit{{File: "a.go", Search: "() int {\n    return 1", Replace: "() int {\n    return 2"}},
			"2 times (lines 3, 7)", "",
		},
		"several places, none on the line": {
			[]Edit{{File: "a.go", Search: "return 1", Replace: "return 2", Line: 5}}, "2 times", "",
		},
		"nowhere": {
			[]Edit{{File: "a.go", Search: "func g() float64 {", Replace: "func h() float64 {"}},
			"nearest text", "    7  func g() int {",
		},
		"nowhere and nothing alike": {
			[]Edit{{File: "a.go", Search: "scale := ReduceMax(w)", Replace: "x"}}, "does not occur", "",
		},
		"done already":      {[]Edit{{File: "a.go", Search: "func h() {", Replace: "func g() int {"}}, "replacement does already", ""},
		"same text":         {[]Edit{{File: "a.go", Search: "return 1", Replace: "return 1"}}, "changes nothing", ""},
		"same but blanks":   {[]Edit{{File: "a.go", Search: "func  f() int {", Replace: "func f() int {"}}, "changes nothing", ""},
		"file exists":       {[]Edit{{File: "a.go", Replace: "package main\n"}}, "file exists", ""},
		"no such file":      {[]Edit{{File: "b.go", Search: "x", Replace: "y"}}, "no such file; the files are a.go", ""},
		"other folder":      {[]Edit{{File: "lab/a.go", Search: "x", Replace: "y"}}, "did you mean a.go?", ""},
		"empty file made":   {[]Edit{{File: "b.go"}}, "changes nothing", ""},
		"search of blanks":  {[]Edit{{File: "a.go", Search: " \n \n", Replace: "y"}}, "does not occur", ""},
		"part of a word":    {[]Edit{{File: "a.go", Search: "ackage mai", Replace: "x"}}, "longer words or numbers (line 1)", ""},
		"edits undo":        {[]Edit{{File: "a.go", Search: "func f()", Replace: "func h()"}, {File: "a.go", Search: "func h()", Replace: "func f()"}}, "undo each other", ""},
		"second edit fails": {[]Edit{{File: "a.go", Search: "func f()", Replace: "func h()"}, {File: "a.go", Search: "func f()", Replace: "func i()"}}, "does not occur", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"a.go": text}
			got, err := Apply(files, test.edits)
			var refused *ApplyError
			if !errors.As(err, &refused) {
				t.Fatalf("Apply gave %q, %v; want an *ApplyError", got, err)
			}
			if !strings.Contains(refused.Reason, test.reason) || !strings.Contains(refused.Nearest, test.nearest) {
				t.Errorf("error is %q, want it to mention %q and %q", refused, test.reason, test.nearest)
			}
			if files["a.go"] != text || len(files) != 1 {
				t.Errorf("Apply changed its input to %q", files)
			}
		})
	}
}

func TestApplyTakesLaterEditsToSeeEarlierOnes(t *testing.T) {
	files := map[string]string{"a.go": "x()\nx()\n"}
	edits := []Edit{
		{File: "b.go", Replace: "y()\n"},
		{File: "a.go", Search: "x()\n", Replace: "x()\nz()\n", Line: 1},
		{File: "a.go", Search: "x()\n", Replace: "w()\n", Line: 2}, // line 3 by now
		{File: "b.go", Search: "y", Replace: "v"},
	}
	want := map[string]string{"a.go": "x()\nz()\nw()\n", "b.go": "v()\n"}
	got, err := Apply(files, edits)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changed files (-want +got):\n%s", diff)
	}
}

func FuzzApply(f *testing.F) {
	f.Add("a()\nb()\n", "b()", "c()", "trainer/a.go", 2)
	f.Add("\tA:  1, // x\n\tB: 2,\n", "A: 1,\nB: 2,", "A: 2,\n\nB: 3,\n", "trainer/a.go", 0)
	f.Add("x\r\ny", "x\ny\n", "", "trainer/a.go", 1)
	f.Add("", "", "package main", "trainer/b.go", 0)
	f.Add("0.5 5.0 50", "5", "6", "trainer/a.go", -3)
	f.Fuzz(func(t *testing.T, text, search, replace, file string, line int) {
		files := map[string]string{"trainer/a.go": text, "trainer/z.go": "package main\n"}
		before := maps.Clone(files)
		after, err := Apply(files, []Edit{{File: file, Search: search, Replace: replace, Line: line}})
		if diff := cmp.Diff(before, files); diff != "" {
			t.Fatalf("Apply changed its input (-before +after):\n%s", diff)
		}
		var refused *ApplyError
		if err != nil && (!errors.As(err, &refused) || after != nil) {
			t.Fatalf("Apply gave %q, %v; want nil and an *ApplyError", after, err)
		}
		for name, changed := range after {
			if old, known := before[name]; name != file || known && old == changed {
				t.Fatalf("edit of %q gave %q = %q", file, name, changed)
			}
		}
		if err == nil && len(after) != 1 {
			t.Fatalf("edit of %q changed %d files", file, len(after))
		}
	})
}
