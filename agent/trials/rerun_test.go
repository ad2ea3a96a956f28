package trials

import (
	"testing"

	"github.com/ternlab/ternlab/agent/lab"
)

// Without an unseen text there is the evaluation text alone, once: a second record of
// the same figure would contradict that nothing is done twice.
func TestBothTexts(t *testing.T) {
	secret := lab.Text{Name: "secret-1", File: "/texts/secret-1.txt"}
	if got := both(secret); len(got) != 2 || got[0] != secret || got[1] != (lab.Text{}) {
		t.Errorf("texts %v, want the secret one and then the evaluation text", got)
	}
	if got := both(lab.Text{}); len(got) != 1 {
		t.Errorf("texts %v, want the evaluation text once", got)
	}
}
