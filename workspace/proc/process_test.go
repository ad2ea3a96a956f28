package proc

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// collect keeps the lines that a child writes.
func collect(lines *[]string) func(*Process) {
	return func(p *Process) {
		p.OnLine = func(line []byte) { *lines = append(*lines, string(line)) }
	}
}

func TestRunReportsHowAProcessEnded(t *testing.T) {
	var lines []string
	log := filepath.Join(t.TempDir(), "log")
	exit, err := Run(t.Context(), child("talk", collect(&lines), func(p *Process) { p.LogFile = log }))
	if err != nil {
		t.Fatal(err)
	}
	if exit.Code != 3 {
		t.Errorf("code is %d, want 3", exit.Code)
	}
	if diff := cmp.Diff([]string{"one", "two", "last line without an end"}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if want := "a warning\ntrainer: \\u{1b}[31mno luck\\xff"; exit.Tail != want {
		t.Errorf("tail is %q, want %q", exit.Tail, want)
	}
	if exit.Elapsed <= 0 || exit.MemoryBytes == 0 {
		t.Errorf("elapsed %s, memory %d bytes: want both above 0", exit.Elapsed, exit.MemoryBytes)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one\n", "a warning\n", "two\r\n", "last line without an end"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("log lacks %q: %q", want, text)
		}
	}
}

func TestRunMeasuresMemory(t *testing.T) {
	exit, err := Run(t.Context(), child("memory"))
	if err != nil {
		t.Fatal(err)
	}
	if exit.MemoryBytes < 96<<20 || exit.MemoryBytes > 4<<30 {
		t.Errorf("memory is %d bytes, want a little more than 96 MiB", exit.MemoryBytes)
	}
}

func TestRunReportsASignalAsAShellDoes(t *testing.T) {
	exit, err := Run(t.Context(), child("crash"))
	if err != nil || exit.Code != 137 {
		t.Errorf("code %d, error %v: want 137 and none", exit.Code, err)
	}
}

func TestRunKeepsSecretsOut(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-canary")
	t.Setenv("HF_TOKEN", "canary")
	t.Setenv("GOPROXY", "https://user:canary@proxy.invalid")
	t.Setenv("NVIDIA_API_KEY", "nvapi-canary")
	t.Setenv("TF_TOKEN_app_terraform_io", "canary")
	t.Setenv("TF_VAR_secret", "canary")
	t.Setenv("XDG_CACHE_HOME", "/home/sk-canary")
	t.Setenv("XLA_FLAGS", "--from-the-user")
	t.Setenv("GOMAXPROCS", "3")
	var lines []string
	p := child("environment", collect(&lines))
	p.Env = append(p.Env, "GOMAXPROCS=2")
	if _, err := Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	environment := strings.Join(lines, "\n")
	if strings.Contains(environment, "canary") {
		t.Errorf("a secret reached the process:\n%s", environment)
	}
	for _, want := range []string{"PATH=" + os.Getenv("PATH"), "XLA_FLAGS=--from-the-user", "GOMAXPROCS=2"} {
		if !strings.Contains(environment, want) {
			t.Errorf("%s did not reach the process:\n%s", want, environment)
		}
	}
}

// TestRunMasksSecrets has a program say what it must not know, over several lines.
func TestRunMasksSecrets(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-secret-5a7f0c")
	log := filepath.Join(t.TempDir(), "log")
	p := child("tells", func(p *Process) { p.LogFile = log })
	p.Env = append(p.Env, "TOLD=sk-secret-5a7f0c")
	exit, err := Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for name, said := range map[string]string{"the log": string(text), "the tail": exit.Tail} {
		if !strings.Contains(said, "told: [redacted]") || !strings.Contains(said, "in lines: [redacted]") || strings.Contains(said, "5a7f") {
			t.Errorf("%s has %q", name, said)
		}
	}
}

func TestRunCapsTheLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	lines := 0
	_, err := Run(t.Context(), child("flood", func(p *Process) {
		p.LogFile = log
		p.OnLine = func([]byte) { lines++ }
	}))
	if err != nil {
		t.Fatal(err)
	}
	if lines != 6<<10 {
		t.Errorf("%d lines arrived, want %d: the cap is the log's", lines, 6<<10)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) < maxLog || len(text) > maxLog+100 {
		t.Errorf("log has %d bytes, want %d and a notice", len(text), maxLog)
	}
	if !strings.Contains(string(text[maxLog:]), "log ends here") {
		t.Errorf("log ends in %q, want a notice", text[maxLog:])
	}
}

func TestRunCutsLongLines(t *testing.T) {
	var lines []string
	if _, err := Run(t.Context(), child("long line", collect(&lines))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{strings.Repeat("y", maxLine), "next"}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestRunTimeoutKillsTheWholeTree(t *testing.T) {
	// The tree needs time to grow: more on a busy machine.
	for timeout := time.Second / 2; ; timeout *= 4 {
		var lines []string
		exit, err := Run(t.Context(), child("tree", collect(&lines), func(p *Process) { p.Timeout = timeout }))
		if !errors.Is(err, ErrTimeout) {
			t.Fatalf("error is %v, want ErrTimeout", err)
		}
		if exit.Code != 137 {
			t.Errorf("code is %d, want 137", exit.Code)
		}
		wantDead(t, lines)
		if len(lines) == treeSize {
			return
		}
		if timeout > time.Minute {
			t.Fatalf("only %d of %d descendants came up in %s", len(lines), treeSize, timeout)
		}
	}
}

func TestRunContextKillsTheWholeTree(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var lines []string
	_, err := Run(ctx, child("tree", func(p *Process) {
		p.OnLine = func(line []byte) {
			if lines = append(lines, string(line)); len(lines) == treeSize {
				cancel()
			}
		}
	}))
	if !errors.Is(err, ErrInterrupted) || !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want ErrInterrupted and context.Canceled", err)
	}
	wantDead(t, lines)
}

func TestRunEndsWhatAProcessLeavesBehind(t *testing.T) {
	for _, play := range []string{"leave", "double fork"} {
		if play == "double fork" && runtime.GOOS != "linux" {
			continue // Documented: only Linux finds those.
		}
		log := filepath.Join(t.TempDir(), "log")
		exit, err := Run(t.Context(), child(play, func(p *Process) { p.LogFile = log }))
		if err != nil || exit.Code != 0 {
			t.Errorf("%s: code %d, error %v: want neither", play, exit.Code, err)
		}
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		pids := strings.Fields(string(text))
		if len(pids) != 1 {
			t.Errorf("%s: it started %q, want one process", play, pids)
		}
		wantDead(t, pids)
	}
}

func TestRunStall(t *testing.T) {
	var lines []string
	_, err := Run(t.Context(), child("hang", collect(&lines), func(p *Process) { p.StallTimeout = 300 * time.Millisecond }))
	if !errors.Is(err, ErrStalled) {
		t.Errorf("error is %v, want ErrStalled", err)
	}
	wantDead(t, lines)
}

func TestOnlyLinesOfStdoutAreProgress(t *testing.T) {
	o, err := openOutput(Process{})
	if err != nil {
		t.Fatal(err)
	}
	progress := 0
	o.onProgress = func() { progress++ }
	feed := func(stream io.Writer, text string) {
		t.Helper()
		if _, err := io.WriteString(stream, text); err != nil {
			t.Fatal(err)
		}
	}
	feed(o.stderr, "a warning\nand another\n")
	feed(o.stdout, "half a line, ")
	if progress != 0 {
		t.Errorf("progress after no line: %d", progress)
	}
	feed(o.stdout, "the other half\nand a second\n")
	if progress != 2 {
		t.Errorf("progress after two lines: %d", progress)
	}
}

func TestRunRefusesToStart(t *testing.T) {
	if _, err := Run(t.Context(), Process{Path: filepath.Join(t.TempDir(), "missing")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing program: error is %v, want os.ErrNotExist", err)
	}
	missing := filepath.Join(t.TempDir(), "missing", "log")
	if _, err := Run(t.Context(), child("talk", func(p *Process) { p.LogFile = missing })); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing folder of the log: error is %v, want os.ErrNotExist", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, child("talk")); !errors.Is(err, ErrInterrupted) {
		t.Errorf("context ended before: error is %v, want ErrInterrupted", err)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var kept tail
	for i := range 100 {
		kept.add([]byte(strconv.Itoa(i)))
	}
	kept.add([]byte(strings.Repeat("z", 5000)))
	lines := strings.Split(kept.String(), "\n")
	if len(lines) != maxTailLines || lines[0] != "41" || len(lines[maxTailLines-1]) != maxTailLine {
		t.Errorf("%d lines, first %q, last of %d bytes", len(lines), lines[0], len(lines[len(lines)-1]))
	}
}
