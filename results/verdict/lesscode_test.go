package verdict

import "testing"

func TestLessCode(t *testing.T) {
	const before = `package main

import (
	"math"
	"strings"
)

// update makes a step.
func update(step int, rate, norm float64) (float64, error) {
	loss := 3.5 - float64(step)/100
	if loss < 0 && step > 10 {
		loss = math.Max(loss, -1)
	}
	scaled, norm := clip(rate, norm)
	apply(
		scaled,
		norm,
	)
	prepare()
	finish(strings.ToUpper("x"), !isLast)
	return loss, nil
}
`
	const head = "package main\n\nimport (\n\t\"math\"\n\t\"strings\"\n)\n\n"
	const first = head + "func update(step int, rate, norm float64) (float64, error) {\n"
	const loss = "\tloss := 3.5 - float64(step)/100\n\tif loss < 0 && step > 10 {\n\t\tloss = math.Max(loss, -1)\n\t}\n"
	const clip = "\tscaled, norm := clip(rate, norm)\n\tapply(\n\t\tscaled,\n\t\tnorm,\n\t)\n"
	const end = "\tprepare()\n\tfinish(strings.ToUpper(\"x\"), !isLast)\n\treturn loss, nil\n}\n"
	for name, test := range map[string]struct {
		after string
		want  bool
	}{
		"nothing changed":                  {before, false},
		"a comment less":                   {first + loss + clip + end, false},
		"a line less":                      {first + loss + clip + "\tprepare()\n\treturn loss, nil\n}\n", true},
		"a block less":                     {first + "\tloss := 3.5 - float64(step)/100\n" + clip + end, true},
		"a block unwrapped":                {first + "\tloss := 3.5 - float64(step)/100\n\tloss = math.Max(loss, -1)\n" + clip + end, true},
		"half a condition":                 {first + "\tloss := 3.5 - float64(step)/100\n\tif loss < 0 {\n\t\tloss = math.Max(loss, -1)\n\t}\n" + clip + end, true},
		"a parameter and its use":          {head + "func update(step int, norm float64) (float64, error) {\n" + loss + "\tapply(\n\t\tnorm,\n\t)\n" + end, true},
		"a result that nobody uses":        {first + loss + "\tscaled, _ := clip(rate, norm)\n\tapply(\n\t\tscaled,\n\t)\n" + end, true},
		"an assignment for a definition":   {first + loss + "\tnorm = clip(rate, norm)\n\tapply(\n\t\tnorm,\n\t)\n" + end, true},
		"arguments joined":                 {first + loss + "\tscaled, norm := clip(rate, norm)\n\tapply(scaled, norm)\n" + end, false},
		"a one-line closure":               {first + loss + clip + "\tfunc() { prepare(); other() }()\n\treturn loss, nil\n}\n", false},
		"statements behind semicolons":     {first + loss + clip + "\tprepare(); return loss, nil\n}\n", false},
		"a value inlined":                  {first + clip + "\tprepare()\n\treturn 3.5 - float64(step)/100, nil\n}\n", false},
		"a shorter name":                   {first + loss + clip + "\tprep()\n\treturn loss, nil\n}\n", false},
		"another number":                   {first + "\tloss := 9.5 - float64(step)/100\n" + clip + end, false},
		"another operator":                 {first + "\tloss := 3.5 + float64(step)/100\n" + clip + end, false},
		"another text":                     {first + loss + clip + "\tfinish(strings.ToUpper(\"y\"))\n\treturn loss, nil\n}\n", false},
		"a longer one in a removal's wake": {first + loss + clip + "\tfinish(strings.ToUpper(\"everything else\"))\n\treturn loss, nil\n}\n", false},
		"statements in another order":      {first + loss + clip + "\tfinish(strings.ToUpper(\"x\"), !isLast)\n\tprepare()\n\treturn loss, nil\n}\n", false},
		"the other one moved up":           {first + "\tprepare()\n" + loss + clip + "\treturn loss, nil\n}\n", false},
		"a call in the place of code":      {first + "\tloss, err := everything(step, rate, norm)\n\treturn loss, err\n}\n", false},
		"a function added":                 {first + "\treturn 1, nil\n}\n\nfunc f() {}\n", false},
		"a comment that was code":          {first + loss + clip + "\t// prepare()\n\treturn loss, nil\n}\n", true},
		"code out of a text":               {"package main\n\nfunc x() {}\n", false},
		"a line that pretends":             {first + loss + clip + "//line update.go:5\n\tprepare(); finish(strings.ToUpper(\"x\"), !isLast)\n\treturn loss, nil\n}\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := LessCode(map[string]string{"trainer/step.go": before, "trainer/other.go": "package main\n"}, map[string]string{"trainer/step.go": test.after})
			if got != test.want {
				t.Errorf("is less code: %v", got)
			}
		})
	}
	files := map[string]string{"trainer/a.go": before, "trainer/b.go": "package main\n\nfunc b() {\n\tc()\n}\n"}
	for name, test := range map[string]struct {
		after map[string]string
		want  bool
	}{
		"nothing":                       {map[string]string{}, false},
		"less in one, a new file":       {map[string]string{"trainer/a.go": "package main\n", "trainer/c.go": "package main\n"}, false},
		"less in two":                   {map[string]string{"trainer/a.go": "package main\n", "trainer/b.go": "package main\n"}, true},
		"less in one, moved to another": {map[string]string{"trainer/a.go": "package main\n", "trainer/b.go": files["trainer/b.go"] + "\nfunc d() {}\n"}, false},
		"something that isn't Go":       {map[string]string{"trainer/a.go": "package main\n", "trainer/a.s": ""}, false},
	} {
		if got := LessCode(files, test.after); got != test.want {
			t.Errorf("%s: is less code: %v", name, got)
		}
	}
}
