package endurance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/repo"
)

// An agent that is killed at each point on the way of a champion that is withdrawn ends
// with the same decisions and the same branch as one that nobody disturbs, and measures
// nothing twice for it.
func TestKillsDoNotSaveAChampion(t *testing.T) {
	t.Parallel()
	for _, parallel := range []string{"1", "3"} {
		t.Run(parallel+" at once", func(t *testing.T) { testWithdrawal(t, parallel) })
	}
}

func testWithdrawal(t *testing.T, parallel string) {
	t.Helper()
	t.Parallel()
	undisturbed, disturbed := newLab(t), newLab(t)
	args := []string{
		"run", "--budget", "9", "--tag", tag, "--steps", "4", "--eval-every", "2", "--proposer", "tpe",
		"--seed", strconv.Itoa(seedOfABomb + 2), "--parallel", parallel, "--max-seeds", "3", "--no-confirm",
	}
	if output, err := undisturbed.command(t.Context(), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	repeated, withdrawn, committed := failpoint.Behind(journal.KindRepeated), failpoint.Behind(journal.KindWithdrawn), failpoint.Behind(journal.KindCommitted)
	for nth, point := range []failpoint.Point{repeated, repeated, withdrawn, failpoint.Objects, failpoint.RefSet, committed} {
		agent := disturbed.command(t.Context(), args...)
		agent.Env = append(agent.Env, failpoint.Variable+"="+string(point))
		if disturbed.live(t, agent, time.Minute, nth) {
			t.Fatalf("the agent never came to failpoint %s", point)
		}
	}
	if output, err := disturbed.command(t.Context(), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	want, got := undisturbed.decisions(t), disturbed.decisions(t)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b table.Measure) bool { return a.String() == b.String() })); diff != "" {
		t.Errorf("kills changed the run (-undisturbed +disturbed):\n%s", diff)
	}
	if !slices.ContainsFunc(got, func(d decision) bool { return d.Status == journal.StatusWithdrawn }) {
		t.Error("nothing was withdrawn; the test shows nothing")
	}
	if a, b := undisturbed.branch(t), disturbed.branch(t); !slices.Equal(a, b) {
		t.Errorf("the branches are\n%q\n%q", a, b)
	}
	disturbed.checkGit(t)
	disturbed.checkRepeats(t)
}

// branch are the subjects of the run's branch.
func (l lab) branch(t *testing.T) []string {
	t.Helper()
	run, _, err := runs.NewFolder(l.root, tag).Load()
	must(t, err)
	repository, err := repo.Open(l.root)
	must(t, err)
	commits, err := repository.Log(repo.BranchRef(tag), run.BaseCommit)
	must(t, err)
	var subjects []string
	for _, commit := range commits {
		subjects = append(subjects, commit.Subject)
	}
	return subjects
}

// checkRepeats makes sure that nothing was measured again twice, and nothing withdrawn.
func (l lab) checkRepeats(t *testing.T) {
	t.Helper()
	records, err := journal.Read(runs.NewFolder(l.root, tag).Journal())
	must(t, err)
	done := map[string]bool{}
	for _, record := range records {
		var data journal.Repeated
		switch record.Kind {
		case journal.KindWithdrawn:
			done = map[string]bool{}
		case journal.KindRepeated:
			must(t, json.Unmarshal(record.Data, &data))
			what := fmt.Sprintf("experiment %d for %d", record.Experiment, data.For)
			if done[what] {
				t.Errorf("%s was measured again twice", what)
			}
			done[what] = true
		}
	}
}
