package unseen_test

import (
	"io/fs"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare/unseen"
)

// TestTexts is of the programs for people; the agent's stories build a candidate.
func TestTexts(t *testing.T) {
	var seen [2]string
	for i, name := range []string{"eval.txt", "holdout.txt"} {
		text, err := fs.ReadFile(unseen.Texts(), name)
		if err != nil || len(text) < 10_000 {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
		seen[i] = string(text)
	}
	if seen[0] == seen[1] {
		t.Error("the evaluation text and the holdout are the same")
	}
}
