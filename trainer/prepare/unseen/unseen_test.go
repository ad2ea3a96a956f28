package unseen_test

import (
	"io/fs"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare/unseen"
)

// TestTexts is of the programs for people; the agent's stories build a candidate.
func TestTexts(t *testing.T) {
	text, err := fs.ReadFile(unseen.Texts(), "eval.txt")
	if err != nil || len(text) < 10_000 {
		t.Errorf("eval.txt: %d bytes, %v", len(text), err)
	}
}
