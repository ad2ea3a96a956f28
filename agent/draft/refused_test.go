package draft

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChangedKnobs(t *testing.T) {
	recipe := func(lines ...string) string {
		return "package main\n\nfunc NewRecipe() Recipe {\n\treturn Recipe{\n" + strings.Join(lines, "\n") + "\n\t}\n}\n"
	}
	base := recipe(`A: 1, // {1, 2} One.`, `B: "x", // {x, y} Two.`, `C: 0.5, // [0.1, 1] Three.`)
	for name, test := range map[string]struct {
		champion string
		want     []string
	}{
		"the same":             {base, nil},
		"two changed":          {recipe(`A: 2, // {1, 2} One.`, `B: "x", // {x, y} Two.`, `C: 0.7, // [0.1, 1] Three.`), []string{"A=2", "C=0.7"}},
		"outside the domain":   {recipe(`A: 3, // {1, 2, 3} One.`, `B: "z", // {x, y, z} Two.`, `C: 9.0, // [0.1, 10] Three.`), nil},
		"a knob of its own":    {recipe(`A: 2, // {1, 2} One.`, `D: 4, // {4, 5} Four.`), []string{"A=2"}},
		"another kind":         {recipe(`A: "--out=/", // {--out=/} One.`), nil},
		"not a recipe":         {"package main\n", nil},
		"narrower than it was": {recipe(`A: 2, // {2} One.`, `B: "y", // {y} Two.`), []string{"A=2", "B=y"}},
	} {
		if diff := cmp.Diff(test.want, changedKnobs(base, test.champion)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
