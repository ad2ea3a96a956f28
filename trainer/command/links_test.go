package command_test

import (
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// TestWhatProgramsLink holds the evaluator, which is trusted, and candidates, which are
// not, to what they need. The client of the hub that stays is go-huggingface's, which
// its reader of GGUF files brings along; ours, which fetches, is not among it.
func TestWhatProgramsLink(t *testing.T) {
	own := "github.com/ternlab/ternlab/"
	never := []string{
		own + "agent/...", own + "results/journal", own + "results/verdict", own + "trainer/plots", own + "trainer/pretrain",
		own + "trainer/prepare/hub", own + "trainer/prepare/assemble", own + "trainer/prepare/dataset",
		own + "trainer/command/presets", own + "trainer/command/write", own + "trainer/generate",
		"github.com/parquet-go/...", "gonum.org/...",
	}
	for name, test := range map[string]struct {
		arguments []string
		never     []string
		needs     string
	}{
		"the evaluator": {
			[]string{own + "trainer/evaluate/evaluator"},
			append([]string{own + "results/...", own + "trainer/harness", own + "trainer/memory", own + "trainer/knobs", own + "workspace/..."}, never...),
			own + "trainer/evaluate",
		},
		"a candidate": {
			[]string{"-tags", "candidate", own + "trainer"},
			append([]string{own + "trainer/prepare/corpus", own + "trainer/command/texts", own + "trainer/command/measure"}, never...),
			own + "trainer/harness",
		},
	} {
		t.Run(name, func(t *testing.T) {
			output, err := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps"}, test.arguments...)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			linked := strings.Fields(string(output))
			for _, dependency := range linked {
				if slices.ContainsFunc(test.never, func(pattern string) bool { return within(dependency, pattern) }) {
					t.Errorf("it links %s", dependency)
				}
			}
			if !slices.Contains(linked, test.needs) {
				t.Errorf("it doesn't link %s, so this looks at another program", test.needs)
			}
		})
	}
}

// within tells whether a package is the pattern's or, where that ends in "/...", below.
func within(dependency, pattern string) bool {
	folder, below := strings.CutSuffix(pattern, "/...")
	return dependency == folder || below && strings.HasPrefix(dependency, path.Clean(folder)+"/")
}
