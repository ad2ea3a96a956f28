package proc

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ternlab/ternlab/workspace/sandbox"
)

// childVariable makes this test binary play a program instead of testing.
const childVariable = "WORKSPACE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Args[0] == sandbox.InitName {
		sandbox.Init()
	}
	if play := os.Getenv(childVariable); play != "" {
		playChild(play)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func playChild(play string) {
	played, err := playOfPlatform(play)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if played {
		return
	}
	switch play {
	case "talk":
		fmt.Println("one")
		fmt.Fprintln(os.Stderr, "a warning")
		fmt.Fprintf(os.Stderr, "trainer: \x1b[31mno luck\xff")
		fmt.Print("two\r\nlast line without an end")
		os.Exit(3)
	case "environment":
		for _, variable := range os.Environ() {
			fmt.Println(variable)
		}
	case "tells":
		told := os.Getenv("TOLD")
		fmt.Fprintf(os.Stderr, "told: %s\nin lines: %s\n%s\nno more\n", told, told[:5], told[5:])
	case "processors":
		fmt.Println(runtime.NumCPU())
	case "flood":
		line := strings.Repeat("x", 1023) + "\n"
		for range 6 << 10 {
			fmt.Print(line)
		}
	case "long line":
		fmt.Println(strings.Repeat("y", 3*maxLine))
		fmt.Println("next")
	case "memory":
		block := make([]byte, 96<<20)
		for i := range block {
			block[i] = byte(i)
		}
		fmt.Println(block[len(block)/2])
	case "crash":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "hang":
		fmt.Println(os.Getpid())
		hang()
	case "leave":
		startChild("deaf", &syscall.SysProcAttr{})
	case "tree":
		growTree()
		hang()
	case "deaf":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		hang()
	case "double fork":
		startChild("deaf", &syscall.SysProcAttr{Setsid: true})
	case "agent":
		_, _ = Run(context.Background(), child("hang", func(p *Process) {
			p.OnLine = func(line []byte) { fmt.Println(string(line)) }
		}))
	default:
		panic("no such play: " + play)
	}
}

// hang waits for ever, as far as a test goes: not longer, should it be forgotten.
func hang() { time.Sleep(5 * time.Minute) }

// growTree starts children, and lets some leave the process group or their parent.
func growTree() {
	startChild("deaf", &syscall.SysProcAttr{})
	startChild("deaf", &syscall.SysProcAttr{})
	startChildIn(nil, "deaf", &syscall.SysProcAttr{}) // Without a mark.
	startChild("deaf", &syscall.SysProcAttr{Setpgid: runtime.GOOS == "linux"})
	startChild("deaf", &syscall.SysProcAttr{Setsid: runtime.GOOS == "linux"})
	if runtime.GOOS == "linux" {
		startChild("double fork", &syscall.SysProcAttr{Setsid: true})
	} else {
		startChild("leave", &syscall.SysProcAttr{})
	}
}

// treeSize counts its members but for the root.
const treeSize = 7

// startChild starts a program and tells which process it is.
func startChild(play string, attributes *syscall.SysProcAttr) {
	startChildIn(os.Environ(), play, attributes)
}

func startChildIn(environment []string, play string, attributes *syscall.SysProcAttr) {
	command := exec.Command(os.Args[0])
	command.Env = slices.Concat(environment, []string{childVariable + "=" + play})
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = attributes
	if err := command.Start(); err != nil {
		panic(err)
	}
	fmt.Println(command.Process.Pid)
}

func child(play string, options ...func(*Process)) Process {
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	p := Process{Path: program, Env: []string{childVariable + "=" + play}}
	for _, option := range options {
		option(&p)
	}
	return p
}

// wantDead fails for processes that live on; a killed one may take a moment to go.
func wantDead(t *testing.T, pids []string) {
	t.Helper()
	for _, text := range pids {
		pid, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("process %d is still alive", pid)
				_ = syscall.Kill(pid, syscall.SIGKILL)
				break
			}
		}
	}
}

// alive does not count a process that is dead and only not waited for yet.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return runtime.GOOS != "linux"
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}
