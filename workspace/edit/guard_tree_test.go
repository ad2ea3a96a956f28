package edit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGuardTree(t *testing.T) {
	const fine = "package main\n\nfunc f() int { return 1 }\n"
	many := map[string]string{"trainer/recipe.go": fine}
	for i := range 12 { // more than one answer may bring, and in order over a run
		many[fmt.Sprintf("trainer/new%d.go", i)] = fmt.Sprintf("package main\n\nfunc f%d() int { return 1 }\n", i)
	}
	base := map[string]string{"trainer/recipe.go": fine, "trainer/odd.go": "package main\n\nimport \"os\"\n\nvar _ = os.Exit\n"}
	many["trainer/odd.go"] = base["trainer/odd.go"] // a person put it there
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"the same":     {base, nil},
		"many answers": {many, nil},
		"several": {
			map[string]string{"trainer/recipe.go": "package main\n\nimport \"net\"\n", "trainer/a.go": "package other\n"},
			[]string{`guard "trainer/a.go": line 1`, `guard "trainer/odd.go": the change empties it`, `guard "trainer/recipe.go": import of "net"`},
		},
		"a finished model": {
			map[string]string{
				"trainer/recipe.go": fine, "trainer/odd.go": base["trainer/odd.go"],
				"trainer/table.go": "package main\n\nvar table = []int{" + strings.Repeat("123456, ", 2000) + "}\n",
			},
			[]string{`guard "trainer/table.go"`, "guard: with it trainer/ has"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for i, refused := range GuardTree(base, test.files) {
				text := refused.Error()
				if i < len(test.want) && strings.HasPrefix(text, test.want[i]) {
					text = test.want[i]
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
