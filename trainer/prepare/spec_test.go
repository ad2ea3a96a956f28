package prepare_test

import (
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare"
)

func TestSpecs(t *testing.T) {
	seen := map[string]bool{}
	for _, spec := range prepare.Specs() {
		if seen[spec.Name] || spec.Name == "" {
			t.Errorf("preset %q is twice in the table, or has no name", spec.Name)
		}
		seen[spec.Name] = true
		if spec.Context < 2 {
			t.Errorf("preset %s has windows of %d tokens", spec.Name, spec.Context)
		}
		if spec.Embedded {
			continue
		}
		if strings.HasPrefix(spec.EvalFile, spec.Name+"/") || spec.EvalFile == "" {
			t.Errorf("preset %s has its evaluation text in %q, which trainings read", spec.Name, spec.EvalFile)
		}
		for _, of := range []prepare.Repository{spec.Model, spec.Train, spec.Eval} {
			if strings.Count(of.ID, "/") != 1 || len(of.Files) == 0 {
				t.Errorf("preset %s comes from %+v, want owner/name and files", spec.Name, of)
			}
		}
		if spec.About == "" {
			t.Errorf("nobody is told what is fetched for preset %s", spec.Name)
		}
	}
	if !seen[prepare.Nano] || prepare.Specs()[0].Name != prepare.Nano {
		t.Error("the first preset isn't the one when none is named")
	}
	if got := prepare.Names(nil); got != "nano or smollm-135m" {
		t.Errorf("names are %q", got)
	}
}
