package endurance

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace/repo"
)

// killsVariable asks for another number of kills at random moments.
const killsVariable = "TERNLAB_KILLS"

// An agent that is killed at random moments and at every failpoint goes on as
// if nothing had happened, whether it does one experiment at a time or several.
func TestKillsLoseNothing(t *testing.T) {
	t.Parallel()
	for _, parallel := range []int{1, 3} {
		t.Run(strconv.Itoa(parallel)+" at once", func(t *testing.T) { testKills(t, parallel) })
	}
}

func testKills(t *testing.T, parallel int) {
	t.Helper()
	t.Parallel() // it waits most of the time
	l := newLab(t)
	l.parallel = parallel
	before := l.userFiles(t)
	kills := number(t, killsVariable, 8)
	var known acknowledged
	for kill := range kills {
		known.check(t, l, l.runAndKill(t, "", time.Duration(rand.Int64N(int64(2500*time.Millisecond)))))
		if kill%25 == 24 {
			l.checkGit(t)
		}
	}
	for _, point := range failpoint.Points() {
		for range max(1, kills/len(failpoint.Points())/4) {
			known.check(t, l, l.runAndKill(t, point, time.Minute))
		}
	}
	l.finish(t)
	known.check(t, l, nil)
	l.checkGit(t)
	if after := l.userFiles(t); after != before {
		t.Errorf("the user's files were\n%s\nand are now\n%s", before, after)
	}
	t.Logf("%d kills at random moments, %d failpoints; %d experiments were acknowledged and none lost",
		kills, len(failpoint.Points()), len(known))
}

func number(t *testing.T, variable string, unset int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return unset
	}
	value, err := strconv.Atoi(text)
	must(t, err)
	return value
}

// runAndKill starts the agent on the run and has it killed: by itself at a
// failpoint, or by us after a time. It returns what the agent said of
// experiments that it had recorded, and makes sure that nothing lives on.
func (l lab) runAndKill(t *testing.T, point failpoint.Point, after time.Duration) []string {
	t.Helper()
	cmd := l.run(t, 1_000_000)
	cmd.Env = append(cmd.Env, failpoint.Variable+"="+string(point))
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	must(t, cmd.Start())
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	late := !timer.Stop()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the agent ended by itself: %v\n%s", err, output.String())
	}
	if point != "" && late {
		t.Fatalf("the agent never came to failpoint %s\n%s", point, output.String())
	}
	eventually(t, "no process of the agent's lives on", func() bool { return len(l.processes(t)) == 0 })
	return strings.Split(output.String(), "\n")
}

// processes lists what runs from the run's folder.
func (l lab) processes(t *testing.T) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	must(t, err)
	var alive []string
	for _, link := range links {
		if program, err := os.Readlink(link); err == nil && strings.HasPrefix(program, filepath.Dir(l.root)) {
			alive = append(alive, link)
		}
	}
	return alive
}

// acknowledged is what the agent said of each experiment: its status.
type acknowledged map[int]journal.Status

// check holds the journal, the branch and the refs to what was said.
func (a *acknowledged) check(t *testing.T, l lab, lines []string) {
	t.Helper()
	if *a == nil {
		*a = acknowledged{}
	}
	a.listen(lines)
	run, experiments, err := runs.NewFolder(l.root, tag).Load()
	if errors.Is(err, runs.ErrNoRun) && len(*a) == 0 {
		return
	}
	must(t, err)
	for number, status := range *a {
		if number >= len(experiments) || experiments[number].Status != status {
			t.Fatalf("experiment %d was said to be a %s; the journal has %d experiments", number, status, len(experiments))
		}
	}
	l.checkRefs(t, run, experiments)
}

// listen notes the outcomes among the lines on the screen. Of several experiments
// at once each line has its number.
func (a acknowledged) listen(lines []string) {
	numbered := regexp.MustCompile(`^  #(\d+) (keep|discard|crash)\b`)
	title := regexp.MustCompile(`^experiment (\d+)/`)
	outcome := regexp.MustCompile(`^  (keep|discard|crash)\b`)
	current := -1
	for _, line := range lines {
		if found := title.FindStringSubmatch(line); found != nil {
			current, _ = strconv.Atoi(found[1])
		}
		if found := numbered.FindStringSubmatch(line); found != nil {
			number, _ := strconv.Atoi(found[1])
			a[number] = journal.Status(found[2])
		}
		if found := outcome.FindStringSubmatch(line); found != nil && current > 0 {
			a[current] = journal.Status(found[1])
		}
	}
}

// checkRefs holds the branch's tip to the last keep, and the refs of dropped
// experiments to the journal.
func (l lab) checkRefs(t *testing.T, run journal.Run, experiments []journal.Experiment) {
	t.Helper()
	repository, err := repo.Open(l.root)
	must(t, err)
	tip := run.BaseCommit
	for _, e := range experiments {
		if e.Commit == "" {
			continue
		}
		if e.Status == journal.StatusKeep {
			tip = e.Commit
		}
		if at, err := repository.Ref(e.Ref); err != nil || (e.Status != journal.StatusKeep && at != e.Commit) {
			t.Fatalf("experiment %d: %s is at %q (%v), not %s", e.Number, e.Ref, at, err, e.Commit)
		}
	}
	at, err := repository.Ref(repo.BranchRef(tag))
	if errors.Is(err, repo.ErrNoRef) && tip == run.BaseCommit {
		return
	}
	must(t, err)
	if at == tip {
		return
	}
	// The one moment at which the branch is ahead: a keep's commit is there and
	// its record is not yet.
	isUncommitted := slices.ContainsFunc(experiments, func(e journal.Experiment) bool {
		return e.Status == journal.StatusKeep && e.Commit == ""
	})
	added, err := repository.Log(repo.BranchRef(tag), tip)
	if err != nil || len(added) != 1 || !isUncommitted {
		t.Fatalf("branch is at %s, the last keep is %s (%v)", at, tip, err)
	}
}

// finish lets the run come to an end: all experiments that were begun.
func (l lab) finish(t *testing.T) {
	t.Helper()
	_, experiments, err := runs.NewFolder(l.root, tag).Load()
	must(t, err)
	if output, err := l.run(t, len(experiments)).CombinedOutput(); err != nil {
		t.Fatalf("finish: %v\n%s", err, output)
	}
}

// checkGit asks git itself, where it is installed.
func (l lab) checkGit(t *testing.T) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Log("git is not installed: its fsck was not asked")
		return
	}
	cmd := exec.CommandContext(t.Context(), git, "fsck", "--strict", "--no-progress", "--no-dangling")
	cmd.Dir = l.root
	if output, err := cmd.CombinedOutput(); err != nil || len(output) > 0 {
		t.Fatalf("git fsck: %v\n%s", err, output)
	}
}

// userFiles is the user's part of the checkout: files, branch and index.
func (l lab) userFiles(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(l.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(l.root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == "runs" || name == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(path)
		all.WriteString(name + ": " + strconv.Quote(string(text)) + "\n")
		return err
	})
	must(t, err)
	for _, name := range []string{"HEAD", "refs/heads/main", "index", "config"} {
		text, _ := os.ReadFile(filepath.Join(l.root, ".git", name)) // what isn't there reads as nothing
		all.WriteString(name + ": " + strconv.Quote(string(text)) + "\n")
	}
	return all.String()
}
