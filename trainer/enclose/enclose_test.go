package enclose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/workspace/sandbox"
)

func TestMain(m *testing.M) {
	if os.Args[0] == sandbox.InitName {
		sandbox.Init()
	}
	os.Exit(m.Run())
}

// buildProbe builds the trainer with one more mutable file, which tries before main
// what a recipe must not.
func buildProbe(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	probe, err := filepath.Abs("testdata/probe.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	place, err := filepath.Abs("../aaa_probe.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {place: probe}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(folder, "trainer")
	output, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "-o", program, "..").CombinedOutput()
	if err != nil {
		t.Fatalf("build the trainer: %v: %s", err, output)
	}
	return program
}

// said is what a trainer printed, and its exit code.
type said struct {
	stdout, stderr string
	code           int
}

// typed runs the trainer in a folder as a person would.
func typed(t *testing.T, folder, program string, args ...string) said {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = folder
	command.Env = append(os.Environ(), "SECRET_KEY=a1b2c3d4e5f6")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return said{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// probed are the answers of the probe, by what it tried.
func probed(stderr string) map[string]string {
	answers := map[string]string{}
	for line := range strings.Lines(stderr) {
		if name, answer, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "probe ")), ": "); ok && strings.HasPrefix(line, "probe ") {
			answers[name] = answer
		}
	}
	return answers
}

// levels are those that work on this machine.
func levels(t *testing.T) []string {
	t.Helper()
	var working []string
	for _, level := range []sandbox.Level{sandbox.Namespaces, sandbox.Landlock} {
		if _, err := sandbox.Detect(t.Context(), string(level)); err == nil {
			working = append(working, string(level))
		}
	}
	if len(working) == 0 {
		t.Skip("no sandbox works here")
	}
	return working
}

// newFolder is a folder with a file that is nobody's business.
func newFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "private"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestTrainer(t *testing.T) {
	program := buildProbe(t)

	t.Run("initializers run in the sandbox", func(t *testing.T) {
		want := map[string]string{
			"read /etc/passwd": "refused", "read beside it": "refused", "write beside it": "refused", "write to the program": "refused",
			"network": "refused", "process": "refused", "terminal": "refused", "secret": "refused", "write to out": "done",
		}
		for _, level := range levels(t) {
			got := typed(t, newFolder(t), program, "--sandbox", level, "--steps", "0", "--out", "out")
			if diff := cmp.Diff(want, probed(got.stderr)); diff != "" || got.code != 0 {
				t.Errorf("%s: exit code %d (-want +got):\n%s\n%s", level, got.code, diff, got.stderr)
			}
			if !strings.HasPrefix(got.stdout, "sandbox: ") || !strings.Contains(got.stdout, "ternary model written to out/export\n") {
				t.Errorf("%s: it says\n%s", level, got.stdout)
			}
			if !strings.Contains(got.stderr, `probe colour \u{1b}[31m`) {
				t.Errorf("%s: what steers a terminal is shown as it is: %q", level, got.stderr)
			}
		}
	})

	// The probe works: without the sandbox it gets all but the terminal.
	t.Run("off", func(t *testing.T) {
		folder := newFolder(t)
		if err := os.Mkdir(filepath.Join(folder, "out"), 0o755); err != nil {
			t.Fatal(err)
		}
		got := typed(t, folder, program, "--sandbox", "off", "--steps", "0", "--out", "out")
		answers := probed(got.stderr)
		for _, name := range []string{"read /etc/passwd", "read beside it", "write beside it", "network", "process", "secret", "write to out"} {
			if answers[name] != "done" {
				t.Errorf("%s: %q", name, answers[name])
			}
		}
		if !strings.Contains(got.stdout, "sandbox: off: the recipe runs with your rights\n") {
			t.Errorf("it says\n%s", got.stdout)
		}
	})

	t.Run("other commands never reach the recipe", func(t *testing.T) {
		folder := newFolder(t)
		if err := os.MkdirAll(filepath.Join(folder, "repository", ".git"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct {
			args []string
			code int
		}{
			"help": {[]string{"--help"}, 0}, "version": {[]string{"--version"}, 0}, "unknown flag": {[]string{"--stepps", "3"}, 2},
			"wrong value": {[]string{"--steps", "-1"}, 2}, "argument": {[]string{"train"}, 2}, "sandbox": {[]string{"--sandbox", "loose"}, 2},
			"prepare": {[]string{"prepare", "--help"}, 0}, "plot": {[]string{"plot", "--out", "a.png"}, 1}, "export": {[]string{"export"}, 2},
			"repository as out": {[]string{"--out", "repository"}, 2}, "hooks as out": {[]string{"--out", "repository/.git/hooks"}, 2},
			"/ as out": {[]string{"--out", "/"}, 2}, "device": {[]string{"--eval-text", "/dev/zero"}, 2}, "file as out": {[]string{"--out", "private/below"}, 1},
		} {
			got := typed(t, folder, program, test.args...)
			if strings.Contains(got.stderr, "probe") || got.code != test.code {
				t.Errorf("%s: exit code %d, want %d: %s", name, got.code, test.code, got.stderr)
			}
		}
	})

	t.Run("exit codes and messages of the training", func(t *testing.T) {
		folder := newFolder(t)
		for name, test := range map[string]struct {
			args []string
			want string
			code int
		}{
			"recipe's": {[]string{"--set", "Scale=huge"}, "trainer: apply recipe: set Scale: huge is not one of", 2},
			"model's":  {[]string{"--model", "nowhere"}, "trainer: open --model nowhere: stat nowhere: no such file", 1},
			"file's":   {[]string{"--model", "private"}, "trainer: open model private: read GGUF file private", 1},
		} {
			got := typed(t, folder, program, append(test.args, "--out", "out")...)
			if !strings.Contains(got.stderr, test.want) || got.code != test.code {
				t.Errorf("%s: exit code %d, want %d: %s", name, got.code, test.code, got.stderr)
			}
			if err := os.Remove(filepath.Join(folder, "out", "probe")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			_ = os.Remove(filepath.Join(folder, "out"))
		}
	})

	t.Run("texts and models are read by file", func(t *testing.T) {
		tiny, err := filepath.Abs("../checkpoint/testdata/tiny.gguf")
		if err != nil {
			t.Fatal(err)
		}
		for _, level := range levels(t) {
			folder := newFolder(t)
			text := strings.Repeat("The river Aur is 48 kilometres long. It ends in a wide lake. ", 60)
			for name, err := range map[string]error{
				"folder": os.Mkdir(filepath.Join(folder, "texts"), 0o755),
				"text":   os.WriteFile(filepath.Join(folder, "texts", "a.txt"), []byte(text), 0o600),
				"link":   os.Symlink(filepath.Join("texts", "a.txt"), filepath.Join(folder, "b.txt")),
				"model":  os.Symlink(tiny, filepath.Join(folder, "m.gguf")),
			} {
				if err != nil {
					t.Fatal(name, err)
				}
			}
			got := typed(t, folder, program, "--sandbox", level, "--steps", "1", "--model", "m.gguf", "--train-text", "texts/a.txt", "--eval-text", "b.txt", "--out", "out")
			if got.code != 0 || !strings.Contains(got.stdout, "\nstep 1/1  ") || probed(got.stderr)["read beside it"] != "refused" {
				t.Errorf("%s: exit code %d\n%s%s", level, got.code, got.stdout, got.stderr)
			}
		}
	})

	t.Run("signals", func(t *testing.T) {
		for _, level := range levels(t) {
			for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
				if code := interrupted(t, program, level, signal); code != 130 {
					t.Errorf("%s, %s: exit code %d, want 130", level, signal, code)
				}
			}
			if code := interrupted(t, program, level, syscall.SIGKILL); code != -1 {
				t.Errorf("%s: killed, and exit code %d", level, code)
			}
		}
	})
}

// trains tells whether a process that trains into out of a folder is left.
func trains(t *testing.T, folder string) bool {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		environment, err := os.ReadFile(file)
		if err == nil && bytes.Contains(environment, []byte("TMPDIR="+filepath.Join(folder, "out")+"\x00")) {
			return true
		}
	}
	return false
}

// interrupted begins a training without end, sends the trainer a signal, and returns
// its exit code when all that came of it is gone.
func interrupted(t *testing.T, program, level string, signal syscall.Signal) int {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	command := exec.CommandContext(ctx, program, "--sandbox", level, "--steps", "1000000", "--progress", "json", "--out", "out")
	command.Dir = newFolder(t)
	output, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout = written
	if err := errors.Join(command.Start(), written.Close()); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	part := make([]byte, 4096)
	for !strings.Contains(seen.String(), `"kind":"step"`) { // then it is past its beginning
		n, err := output.Read(part)
		if err != nil {
			t.Fatalf("%s: it never began: %s", level, seen.String())
		}
		seen.Write(part[:n])
	}
	if !trains(t, command.Dir) {
		t.Errorf("%s: nothing trains", level)
	}
	if err := command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	if _, err := seen.ReadFrom(output); err != nil || ctx.Err() != nil { // it ends when nobody holds the other end
		t.Errorf("%s, %s: it isn't over: %v", level, signal, err)
	}
	for began := time.Now(); trains(t, command.Dir); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Errorf("%s, %s: the training goes on", level, signal)
			break
		}
	}
	return command.ProcessState.ExitCode()
}
