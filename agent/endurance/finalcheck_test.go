package endurance

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
)

// The text of a final check outlives an agent that is killed at every step between
// drawing its seed and revealing it: it stays the same one, nothing is measured on it
// twice, and it is revealed once.
func TestFinalCheckOutlivesKills(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	run := []string{"run", "--budget", "7", "--tag", tag, "--steps", "4", "--eval-every", "2", "--proposer", "tpe", "--seed", "2", "--no-confirm"}
	l.dieAt(t, failpoint.Seed, run...)
	l.dieAt(t, failpoint.Behind(journal.KindUnseen), run...)
	l.succeed(t, run...)
	_, experiments := l.load(t)
	if best, _ := journal.Best(experiments); best.Number == 0 {
		t.Fatal("nothing was kept; choose another seed")
	}
	before, err := os.ReadFile(runs.NewFolder(l.root, tag).Seed("secret-1"))
	must(t, err)
	confirm := []string{"confirm", "--tag", tag}
	l.dieAt(t, failpoint.Text, confirm...)
	for range 4 {
		l.dieAt(t, failpoint.Behind(journal.KindEvaluated), confirm...)
	}
	l.dieAt(t, failpoint.Behind(journal.KindTrained), confirm...)
	l.dieAt(t, failpoint.Behind(journal.KindRevealed), confirm...)
	if output := l.succeed(t, confirm...); strings.Contains(output, "on seed") || !strings.Contains(output, "the text is no secret any more") {
		t.Errorf("after the text was revealed, the agent says\n%s", output)
	}

	settings, experiments := l.load(t)
	check, ok := journal.Confirm(settings, experiments, 3)
	if !ok || check.Text != "secret-1" || check.Unseen.Seed != strings.TrimSpace(string(before)) {
		t.Errorf("the final check is %+v, %v; the seed that was drawn is %s", check, ok, before)
	}
	l.nothingTwice(t)

	goOn := append(run, "--budget", "8") //nolint:gocritic // the later flag counts
	l.dieAt(t, failpoint.Seed, goOn...)
	l.dieAt(t, failpoint.Behind(journal.KindUnseen), goOn...)
	l.succeed(t, goOn...)
	if settings, _ := l.load(t); len(settings.Texts) != 2 || settings.Texts[1].IsRevealed() || settings.Texts[1].Digest == settings.Texts[0].Digest {
		t.Errorf("the run that went on has the texts %+v", settings.Texts)
	}
}

// load reads the lab's run.
func (l lab) load(t *testing.T) (journal.Run, []journal.Experiment) {
	t.Helper()
	run, experiments, err := runs.NewFolder(l.root, tag).Load()
	must(t, err)
	return run, experiments
}

// succeed runs the agent to its end and returns what it said.
func (l lab) succeed(t *testing.T, args ...string) string {
	t.Helper()
	output, err := l.command(t.Context(), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", args, err, output)
	}
	return string(output)
}

// dieAt has the agent kill itself at a failpoint.
func (l lab) dieAt(t *testing.T, point failpoint.Point, args ...string) {
	t.Helper()
	cmd := l.command(t.Context(), args...)
	cmd.Env = append(cmd.Env, failpoint.Variable+"="+string(point))
	output, err := cmd.CombinedOutput()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the agent never came to failpoint %s: %v\n%s", point, err, output)
	}
}

// nothingTwice holds that nothing was trained, measured, fixed or revealed twice.
func (l lab) nothingTwice(t *testing.T) {
	t.Helper()
	records, err := journal.Read(runs.NewFolder(l.root, tag).Journal())
	must(t, err)
	count := map[string]int{}
	for _, record := range records {
		var data struct {
			Seed uint64 `json:"seed"`
			Text string `json:"text"`
		}
		must(t, json.Unmarshal(record.Data, &data))
		switch record.Kind {
		case journal.KindTrained, journal.KindEvaluated, journal.KindUnseen, journal.KindRevealed:
			count[fmt.Sprintf("%s of experiment %d, seed %d %s", record.Kind, record.Experiment, data.Seed, data.Text)]++
		}
	}
	for what, times := range count {
		if times > 1 {
			t.Errorf("there are %d records %s", times, what)
		}
	}
}
