package proc

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ternlab/ternlab/workspace/sandbox"
)

// An agent is killed while a program of its has children in other process groups
// and sessions, and orphans. In namespaces all of them die with it; elsewhere the
// next agent ends them.
func TestAKilledAgentsTreeEnds(t *testing.T) {
	program := filepath.Join(t.TempDir(), "tree")
	copyFile(t, "/proc/self/exe", program)
	for _, level := range []sandbox.Level{sandbox.Namespaces, sandbox.Landlock, sandbox.Off} {
		t.Run(string(level), func(t *testing.T) {
			if _, err := sandbox.Detect(t.Context(), string(level)); err != nil {
				if strings.Contains(os.Getenv("TERNLAB_REQUIRE_SANDBOX"), string(level)) {
					t.Fatalf("this machine can't: %v", err)
				}
				t.Skipf("this machine can't: %v", err)
			}
			mark := "WORKSPACE_TEST_RUN=" + rand.Text()
			killAgentWithTree(t, program, string(level), mark)
			if level == sandbox.Namespaces {
				wantNone(t, program)
				return
			}
			killed, err := Reap(mark, nil)
			if err != nil || killed == 0 {
				t.Errorf("Reap killed %d processes, error %v: want some and none", killed, err)
			}
			wantNone(t, program)
		})
	}
}

// killAgentWithTree starts an agent from a file, and kills it when its tree is
// grown.
func killAgentWithTree(t *testing.T, program, level, mark string) {
	t.Helper()
	agent := exec.Command(program)
	agent.Env = append(os.Environ(), childVariable+"=agent of "+level, mark)
	output, err := agent.StdoutPipe()
	mustDo(t, err)
	mustDo(t, agent.Start())
	lines := bufio.NewScanner(output)
	for range orphansSize {
		if !lines.Scan() {
			t.Fatal("the tree doesn't grow")
		}
	}
	mustDo(t, agent.Process.Kill())
	_ = agent.Wait() // killed, which is no news
}

// playAgentOf is an agent that runs the tree in a sandbox.
func playAgentOf(level string) error {
	kept, err := sandbox.Detect(context.Background(), level)
	if err != nil {
		return err
	}
	_, err = Run(context.Background(), child("orphans", func(p *Process) {
		for _, variable := range os.Environ() {
			if strings.HasPrefix(variable, "WORKSPACE_TEST_RUN=") {
				p.Env = append(p.Env, variable)
			}
		}
		p.Sandbox, p.Grant = kept, sandbox.Grant{Read: []string{p.Path}, Processes: true}
		p.OnLine = func(line []byte) { _, _ = os.Stdout.Write(append(line, '\n')) }
	}))
	return err
}

// orphansSize counts the processes that growOrphans starts and that tell.
const orphansSize = 4

// growOrphans leaves the process group, the session, and the parent.
func growOrphans() {
	startChild("deaf", &syscall.SysProcAttr{})
	startChild("deaf", &syscall.SysProcAttr{Setpgid: true})
	startChild("deaf", &syscall.SysProcAttr{Setsid: true})
	startChild("double fork", &syscall.SysProcAttr{Setsid: true})
	hang()
}

// wantNone waits until nothing runs from a file.
func wantNone(t *testing.T, program string) {
	t.Helper()
	want, err := os.Stat(program)
	mustDo(t, err)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		var alive []string
		programs, err := filepath.Glob("/proc/[0-9]*/exe")
		mustDo(t, err)
		for _, link := range programs {
			if is, err := os.Stat(link); err == nil && os.SameFile(is, want) {
				alive = append(alive, filepath.Base(filepath.Dir(link)))
			}
		}
		if len(alive) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for _, text := range alive {
				if pid, err := strconv.Atoi(text); err == nil {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
			t.Fatalf("%d processes live on: %v", len(alive), alive)
		}
	}
}

// A recorded process is ended with its group, unless its number is another's by now.
func TestReapKnowsItsProcesses(t *testing.T) {
	start := func() (*exec.Cmd, Leader) {
		program := exec.Command(os.Args[0])
		program.Env = append(os.Environ(), childVariable+"=deaf")
		program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		mustDo(t, program.Start())
		return program, leaderOf(program.Process.Pid)
	}
	ours, leader := start()
	other, stranger := start()
	stranger.Started += "1" // it started later than the one that is on record
	killed, err := Reap("WORKSPACE_TEST_RUN="+rand.Text(), []Leader{leader, stranger, {PID: other.Process.Pid}})
	if err != nil || killed != 1 {
		t.Errorf("Reap killed %d, error %v: want 1 and none", killed, err)
	}
	_ = ours.Wait()
	if !alive(other.Process.Pid) {
		t.Error("another's process was killed")
	}
	mustDo(t, other.Process.Kill())
	_ = other.Wait()
}

// playOfPlatform plays what only Linux has.
func playOfPlatform(play string) (played bool, err error) {
	switch {
	case strings.HasPrefix(play, "agent of "):
		return true, playAgentOf(strings.TrimPrefix(play, "agent of "))
	case play == "orphans":
		growOrphans()
		return true, nil
	}
	return false, nil
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	mustDo(t, errors.Join(err, out.Close()))
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
