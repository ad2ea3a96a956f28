package endurance

import (
	"strings"
	"testing"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/results/journal"
)

// An answer that ends the agent is tried twice. The third start records it as a crash,
// without touching it, and goes on to the next experiment: the run isn't lost. One
// death alone is held against nobody.
func TestDeadlyAnswerIsACrash(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	run := []string{"run", "--budget", "2", "--tag", tag, "--steps", "4", "--eval-every", "2", "--proposer", "tpe", "--seed", "2", "--no-confirm"}
	for range 3 { // the third time it is the next experiment's answer
		l.dieAt(t, failpoint.Handling, run...)
	}
	_, experiments := l.load(t)
	if len(experiments) != 3 || experiments[1].Status != journal.StatusCrash || experiments[1].Failure.Class != journal.FailureNoBuild ||
		!strings.Contains(experiments[1].Failure.Message, "ended the agent 2 times") {
		t.Fatalf("after two deaths the experiments are %+v", experiments)
	}
	l.succeed(t, run...)
	_, experiments = l.load(t)
	if got := experiments[2]; got.Status == journal.StatusRunning || got.Failure != nil {
		t.Errorf("after one death the experiment is a %s: %+v", got.Status, got.Failure)
	}
}
