package repo

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"
)

// committed names the repository in which this test binary plays an agent instead of
// testing.
const committed = "REPO_TEST_COMMITTER"

func TestMain(m *testing.M) {
	if root := os.Getenv(committed); root != "" {
		commitForever(root)
	}
	os.Exit(m.Run())
}

// commitForever plays an agent that keeps experiments as fast as it can, and
// says which it has kept.
func commitForever(root string) {
	r, err := Open(root)
	if err != nil {
		panic(err)
	}
	tip, err := r.Ref(BranchRef("a"))
	if err != nil {
		panic(err)
	}
	for i := 0; ; i++ {
		text := fmt.Sprintf("package main // %d of %d\n", i, os.Getpid())
		if tip, err = r.Commit(tip, map[string]string{"trainer/recipe.go": text}, text, time.Now()); err != nil {
			panic(err)
		}
		if err := r.SetRef(ExperimentRef("a", i), tip); err != nil {
			panic(err)
		}
		if err := r.SetRef(BranchRef("a"), tip); err != nil {
			panic(err)
		}
		fmt.Println(tip)
	}
}

// TestKillsLoseNothing kills an agent again and again while it writes commits
// and refs. What it had acknowledged must be in the branch, and all be sound.
func TestKillsLoseNothing(t *testing.T) {
	const kills = 12
	r := newRepository(t)
	base := headCommit(t, r)
	setRef(t, r, BranchRef("a"), base)
	untouched := wantUntouched(t, r.Root())
	kept := map[string]bool{}
	for range kills {
		acknowledged := runAndKill(t, r.Root())
		entries, err := r.Log(BranchRef("a"), base)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			kept[entry.Commit] = true
			if files, err := r.MutableFiles(entry.Commit); err != nil || len(files) != 2 {
				t.Fatalf("commit %s: %v, %v", entry.Commit, files, err)
			}
		}
		for _, commit := range acknowledged {
			if !kept[commit] {
				t.Errorf("commit %s was acknowledged and is lost", commit)
			}
		}
	}
	t.Logf("%d commits survived %d kills", len(kept), kills)
	if len(kept) == 0 {
		t.Error("no commit at all was made")
	}
	removeTemporaries(t, r.Root())
	untouched()
	wantSound(t, r.Root())
}

// runAndKill returns the commits that an agent acknowledged before it was killed.
func runAndKill(t *testing.T, root string) []string {
	t.Helper()
	agent := exec.Command(os.Args[0])
	agent.Env = append(os.Environ(), committed+"="+root)
	agent.Stderr = os.Stderr
	output, err := agent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if line := lines.Text(); len(line) == 40 { // The kill may cut a line.
			acknowledged = append(acknowledged, line)
		}
		if len(acknowledged) == 1 { // A few commits' time, so that it may fall anywhere.
			kill := time.AfterFunc(time.Duration(rand.Int64N(int64(25*time.Millisecond))), func() { _ = agent.Process.Kill() })
			defer kill.Stop()
		}
	}
	_ = agent.Wait() // Killed, which is no news.
	return acknowledged
}

// removeTemporaries removes the unfinished files that kills left in the
// git folder: git ignores them there.
func removeTemporaries(t *testing.T, root string) {
	t.Helper()
	left, err := os.ReadDir(root + "/.git")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if entry.Type().IsRegular() && entry.Name()[0] == '.' {
			remove(t, root+"/.git/"+entry.Name())
		}
	}
}
