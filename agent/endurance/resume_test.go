package endurance

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

// decision is what must not depend on interruptions.
type decision struct {
	Status      journal.Status
	EvalPPL     table.Measure
	Description string
	Diff        string
	Reason      string
	Seeds       []uint64
	Again       int
}

// A run that is interrupted at every stage, by SIGKILL, by Ctrl-C once and twice and
// by SIGTERM, decides as one that nobody disturbs: the offline proposer proposes
// the same, and the same is kept. So does one with several experiments at once.
func TestInterruptionsChangeNothing(t *testing.T) {
	t.Parallel()
	for _, parallel := range []string{"1", "3"} {
		t.Run(parallel+" at once", func(t *testing.T) { testInterruptions(t, parallel) })
	}
}

func testInterruptions(t *testing.T, parallel string) {
	t.Helper()
	t.Parallel()
	undisturbed, disturbed := newLab(t), newLab(t)
	args := []string{
		"run", "--budget", "7", "--tag", tag, "--steps", "4", "--eval-every", "2", "--proposer", "tpe", "--seed", "2",
		"--parallel", parallel,
	}
	if output, err := undisturbed.command(t.Context(), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	lives, points := 0, failpoint.Points()
	for done := false; !done; lives++ {
		agent := disturbed.command(t.Context(), args...)
		life := time.Duration(200+rand.IntN(200+60*lives)) * time.Millisecond // longer each time: a slow machine shall come to an end, too
		if lives < len(points) {
			agent.Env = append(agent.Env, failpoint.Variable+"="+string(points[lives]))
			life = time.Minute
		}
		done = disturbed.live(t, agent, life, lives)
	}
	want, got := undisturbed.decisions(t), disturbed.decisions(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%d interruptions changed the run (-undisturbed +disturbed):\n%s", lives-1, diff)
	}
	if again := slices.IndexFunc(got, func(d decision) bool { return d.Again > 0 }); (parallel == "1") != (again < 0) {
		t.Errorf("%s at once: the first experiment that tries a change again is %d; choose another seed", parallel, again)
	}
	if contenders := slices.IndexFunc(got, func(d decision) bool { return len(d.Seeds) > 1 }); contenders < 0 {
		t.Error("no experiment was trained on a second seed; the test shows too little")
	}
	t.Logf("%d experiments, the same after %d interruptions", len(got), lives-1)
}

// live lets an agent live until it is done, or dies at its failpoint, or is
// interrupted after a time. It tells whether the agent was done.
func (l lab) live(t *testing.T, agent *exec.Cmd, life time.Duration, nth int) (done bool) {
	t.Helper()
	var output strings.Builder
	agent.Stdout, agent.Stderr = &output, &output
	must(t, agent.Start())
	signals := [][]os.Signal{{os.Kill}, {os.Interrupt}, {os.Interrupt, os.Interrupt}, {syscall.SIGTERM}}[nth%4]
	timer := time.AfterFunc(life, func() {
		for _, signal := range signals {
			_ = agent.Process.Signal(signal) // it may have ended
			time.Sleep(time.Millisecond)
		}
	})
	err := agent.Wait()
	timer.Stop()
	killed := agent.ProcessState.Sys().(syscall.WaitStatus).Signaled() //nolint:errcheck // it is one on Unix
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || (!killed && exit.ExitCode() != 130)) {
		t.Fatalf("%v\n%s", err, output.String())
	}
	return err == nil
}

// decisions are those of the lab's run.
func (l lab) decisions(t *testing.T) []decision {
	t.Helper()
	_, experiments, err := runs.NewFolder(l.root, tag).Load()
	must(t, err)
	var all []decision
	for _, e := range experiments {
		all = append(all, decision{e.Status, e.EvalPPL, e.Description, e.Diff, e.Reason, e.Seeds, e.Again})
	}
	return all
}

// What is journaled isn't done again: an agent that is killed behind each stage asks
// its model once for an answer, builds once, and trains once on a seed.
func TestNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	points := failpoint.Points()
	for life := range 2 * len(points) {
		l.runAndKill(t, points[life%len(points)], time.Minute)
	}
	l.finish(t)
	records, err := journal.Read(runs.NewFolder(l.root, tag).Journal())
	must(t, err)
	answers, done := int64(0), map[string]bool{}
	for _, record := range records {
		var data struct {
			Seed uint64 `json:"seed"`
			Text string `json:"text"`
		}
		must(t, json.Unmarshal(record.Data, &data))
		what := fmt.Sprintf("%s of experiment %d, seed %d %s", record.Kind, record.Experiment, data.Seed, data.Text)
		switch record.Kind {
		case journal.KindAnswer:
			answers++
		case journal.KindIntent, journal.KindBuilt, journal.KindTrained, journal.KindEvaluated, journal.KindVerdict, journal.KindCommitted:
			if done[what] {
				t.Errorf("there is a second record %s", what)
			}
			done[what] = true
		}
	}
	if asked := l.asked.Load(); asked != answers {
		t.Errorf("the model was asked %d times, and %d answers are journaled", asked, answers)
	}
	t.Logf("%d kills, %d answers, %d other records, none twice", 2*len(points), answers, len(done))
}
