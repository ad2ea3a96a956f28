package endurance

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/agent/loop"
	"github.com/ternlab/ternlab/results"
)

// decision is what must not depend on interruptions.
type decision struct {
	Status      results.Status
	EvalPPL     results.Measure
	Description string
	Diff        string
	Reason      string
}

// A run that is killed again and again decides as one that nobody disturbs: the
// offline proposer proposes the same, and the same is kept.
func TestInterruptionsChangeNothing(t *testing.T) {
	const budget = 12
	undisturbed, disturbed := newLab(t), newLab(t)
	args := []string{"run", "--budget", "12", "--tag", tag, "--steps", "4", "--eval-every", "2", "--proposer", "tpe"}
	if output, err := undisturbed.command(t.Context(), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	kills := 0
	for done := false; !done; {
		agent := disturbed.command(t.Context(), args...)
		var output strings.Builder
		agent.Stdout, agent.Stderr = &output, &output
		must(t, agent.Start())
		life := time.Duration(200+rand.IntN(500+100*kills)) * time.Millisecond // longer each time: a slow machine shall come to an end, too
		timer := time.AfterFunc(life, func() { _ = agent.Process.Kill() })
		err := agent.Wait()
		killed := !timer.Stop()
		if err != nil && !killed {
			t.Fatalf("%v\n%s", err, output.String())
		}
		if killed {
			kills++
		}
		done = err == nil
	}
	want, got := undisturbed.decisions(t), disturbed.decisions(t)
	if len(want) != 1+budget {
		t.Fatalf("got %d experiments, want the baseline and %d", len(want), budget)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%d kills changed the run (-undisturbed +disturbed):\n%s", kills, diff)
	}
	t.Logf("%d experiments, the same after %d kills", len(got), kills)
}

// decisions are those of the lab's run.
func (l lab) decisions(t *testing.T) []decision {
	t.Helper()
	_, experiments, err := loop.NewFolder(l.root, tag).Load()
	must(t, err)
	var all []decision
	for _, e := range experiments {
		all = append(all, decision{e.Status, e.EvalPPL, e.Description, e.Diff, e.Reason})
	}
	return all
}
