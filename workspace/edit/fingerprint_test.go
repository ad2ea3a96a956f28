package edit

import "testing"

func TestFingerprint(t *testing.T) {
	of := func(text string) string {
		return Fingerprint(map[string]string{"trainer/a.go": "package main\n\n" + text, "trainer/b.go": ""})
	}
	recipe := of("func f() int {\n\t// why\n\treturn 1 // one\n}\n")
	for name, same := range map[string]string{
		"no comments":      "func f() int {\n\treturn 1\n}\n",
		"other comments":   "// f is one.\nfunc f() int {\n\treturn 1 // is it?\n}\n\n// end\n",
		"blanks and lines": "func f() int {\n\n\treturn   1\n\n}\n",
	} {
		if of(same) != recipe {
			t.Errorf("%s: another fingerprint", name)
		}
	}
	for name, other := range map[string]string{
		"another value": "func f() int {\n\treturn 2\n}\n",
		"a string":      "func f() int {\n\treturn len(\"// one\")\n}\n",
	} {
		if of(other) == recipe {
			t.Errorf("%s: the same fingerprint", name)
		}
	}
	if of("var a = `x\n\ny`\n") == of("var a = `x\ny`\n") {
		t.Error("lines in a string don't count")
	}
	if Fingerprint(map[string]string{"a.go": "package a\n", "b.go": "package b\n"}) == Fingerprint(map[string]string{"a.go": "package b\n", "b.go": "package a\n"}) {
		t.Error("names don't count")
	}
}
