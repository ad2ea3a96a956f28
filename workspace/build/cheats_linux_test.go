package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ternlab/ternlab/workspace/diskuse"
	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// ordinary is the user "nobody", as whom root's tests run the sandbox, too.
const ordinary = 65534

// arena is where cheats run: a copy of this test program, another's files, servers
// to talk to.
type arena struct {
	program string
	target
}

func newArena(t *testing.T) arena {
	t.Helper()
	// Everything is open to every user by its mode: only the sandbox is in the way.
	folder := t.TempDir()
	for above := folder; strings.Contains(above, t.Name()); above = filepath.Dir(above) {
		mustDo(t, os.Chmod(above, 0o755))
	}
	a := arena{
		program: filepath.Join(folder, "program", "cheat"),
		target:  target{Secrets: filepath.Join(folder, "secrets"), Agent: os.Getpid(), Abstract: "ternlab" + strings.ReplaceAll(folder, "/", "-")},
	}
	mustDo(t, os.MkdirAll(filepath.Dir(a.program), 0o755))
	copyFile(t, "/proc/self/exe", a.program)
	for _, name := range []string{"eval.txt", "journal.jsonl", "evaluator", ".git/HEAD", "home/key", "unseen/secret-1.seed", "unseen/secret-1.txt"} {
		file := filepath.Join(a.Secrets, name)
		mustDo(t, os.MkdirAll(filepath.Dir(file), 0o777))
		mustDo(t, os.WriteFile(file, []byte(canary), 0o666))
		mustDo(t, os.Chmod(file, 0o666))
		mustDo(t, os.Chmod(filepath.Dir(file), 0o777))
	}
	a.TCP = serve(t, "tcp4", "127.0.0.1:0").Addr().(*net.TCPAddr).Port //nolint:errcheck // it is one
	serve(t, "unix", filepath.Join(a.Secrets, "socket"))
	serve(t, "unix", "@"+a.Abstract)
	mustDo(t, os.Chmod(filepath.Join(a.Secrets, "socket"), 0o777))
	return a
}

func serve(t *testing.T, network, address string) net.Listener {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
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

// attempt is one process in the sandbox, and what supervises it.
type attempt struct {
	Mode   string // level of the sandbox
	Child  string // what the process plays; see playChild
	Target target
	Names  []string // of probes

	Timeout, Stall time.Duration
	Limits         sandbox.Limits
	Disk           int64
	BuildWith      string // the toolchain's folder: with what a build is granted
}

// outcome is how an attempt ended.
type outcome struct {
	Lines []string
	Exit  proc.Exit
	Error string
	Left  string // why what an attempt that exhausts has left couldn't be removed
}

// run starts another process, as that user, to supervise the attempt as the agent
// would: with a key in its environment and its memory hidden.
func (a arena) run(t *testing.T, user int, try attempt) outcome {
	t.Helper()
	experiment := filepath.Join(filepath.Dir(a.Secrets), fmt.Sprintf("experiment-%s-%d-%d", try.Mode, user, time.Now().UnixNano()))
	out := filepath.Join(experiment, "out")
	mustDo(t, os.MkdirAll(out, 0o755))
	mustDo(t, errors.Join(os.Chown(experiment, user, -1), os.Chown(out, user, -1)))
	try.Target = a.target
	try.Target.Out = out
	text, err := json.Marshal(try)
	mustDo(t, err)
	command := exec.CommandContext(t.Context(), a.program)
	command.Env = []string{childVariable + "=supervise", "ATTEMPT=" + string(text), "PATH=" + os.Getenv("PATH")}
	for _, name := range []string{"OPENAI_API_KEY", "NVIDIA_API_KEY", "TF_TOKEN_app_terraform_io", "TF_VAR_any", "XLA_TOKEN", "CUDA_X", "CGO_X"} {
		command.Env = append(command.Env, name+"="+canary)
	}
	command.Env = append(command.Env, "HTTPS_PROXY=http://me:"+canary+"@proxy:1", "XLA_FLAGS="+canary, "LD_LIBRARY_PATH=/opt/"+canary)
	if user != os.Getuid() {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
	}
	command.Stderr = os.Stderr
	answer, err := command.Output()
	if err != nil {
		t.Fatalf("supervise: %v", err)
	}
	var ended outcome
	if err := json.Unmarshal(answer, &ended); err != nil {
		t.Fatalf("supervise: %v: %s", err, answer)
	}
	return ended
}

// playSupervise is the process that run starts.
func playSupervise() error {
	var try attempt
	if err := json.Unmarshal([]byte(os.Getenv("ATTEMPT")), &try); err != nil {
		return err
	}
	try.Target.Agent = os.Getpid()
	text, err := json.Marshal(try)
	if err != nil {
		return err
	}
	kept, err := sandbox.Detect(context.Background(), try.Mode)
	if err != nil {
		return err
	}
	if kept.On() {
		if err := sandbox.HideMemory(); err != nil {
			return err
		}
	}
	var ended outcome
	limits := try.Limits
	if limits == (sandbox.Limits{}) {
		limits = sandbox.Limits{MemoryBytes: 2 << 30, FileBytes: 64 << 20, Threads: 4096, OpenFiles: 256}
	}
	grant := sandbox.Grant{Read: []string{mustExecutable()}, Write: []string{try.Target.Out}, Limits: limits}
	if try.BuildWith != "" {
		grant = buildGrant(try.Target, try.BuildWith)
	}
	exit, err := proc.Run(context.Background(), proc.Process{
		Path: mustExecutable(), Env: []string{childVariable + "=" + try.Child, "ATTEMPT=" + string(text)},
		Dir: try.Target.Out, Timeout: try.Timeout, StallTimeout: try.Stall,
		Sandbox: kept, Grant: grant,
		DiskBytes: try.Disk,
		OnLine:    func(line []byte) { ended.Lines = append(ended.Lines, string(line)) },
	})
	ended.Exit = exit
	if err != nil {
		ended.Error = err.Error()
	}
	if strings.HasPrefix(try.Child, "exhaust ") {
		if err := diskuse.RemoveAll(try.Target.Out); err != nil {
			ended.Left = err.Error()
		}
	}
	return json.NewEncoder(os.Stdout).Encode(ended)
}

// playChild is one of the processes that [arena.run] starts.
func playChild(play string) error {
	if play == "supervise" {
		return playSupervise()
	}
	return playCheat(play)
}

// playCheat is the process in the sandbox.
func playCheat(play string) error {
	var try attempt
	if err := json.Unmarshal([]byte(os.Getenv("ATTEMPT")), &try); err != nil {
		return err
	}
	if play == "probes" {
		playProbes(try.Target, try.Names)
	} else {
		exhaust(strings.TrimPrefix(play, "exhaust "), try.Target)
	}
	return nil
}

// configurations are the sandbox's levels times the users that tests can be. Where
// one can't be had, the test says so, and fails if TERNLAB_REQUIRE_SANDBOX names it.
func configurations(t *testing.T, each func(t *testing.T, level string, user int)) {
	t.Helper()
	users := []int{os.Getuid()}
	if os.Getuid() == 0 {
		users = append(users, ordinary)
	}
	for _, level := range []string{string(sandbox.Namespaces), string(sandbox.Landlock)} {
		_, err := sandbox.Detect(t.Context(), level)
		for _, user := range users {
			t.Run(fmt.Sprintf("%s/uid %d", level, user), func(t *testing.T) {
				if err != nil {
					if strings.Contains(os.Getenv("TERNLAB_REQUIRE_SANDBOX"), level) {
						t.Fatalf("this machine can't: %v", err)
					}
					t.Skipf("this machine can't: %v", err)
				}
				each(t, level, user)
			})
		}
	}
}

// TestCheatsOfProcesses runs, without any guard, all that a candidate's process
// could try.
func TestCheatsOfProcesses(t *testing.T) {
	a := newArena(t)
	names := corpusProbes(t)
	configurations(t, func(t *testing.T, level string, user int) {
		t.Helper()
		ended := a.run(t, user, attempt{Mode: level, Child: "probes", Names: names, Timeout: time.Minute})
		alone := a.run(t, user, attempt{Mode: level, Child: "probes", Names: []string{"other-program"}, Timeout: time.Minute})
		refused := 0
		for _, line := range append(ended.Lines, alone.Lines...) {
			if strings.HasPrefix(line, "refused ") {
				refused++
			} else {
				t.Error(line)
			}
		}
		if refused != len(names) {
			t.Errorf("%d of %d probes were refused: %+v", refused, len(names), ended)
		}
		for _, name := range []string{"eval.txt", "journal.jsonl", "evaluator", ".git/HEAD", "unseen/secret-1.seed", "unseen/secret-1.txt"} {
			if text, err := os.ReadFile(filepath.Join(a.Secrets, name)); err != nil || string(text) != canary {
				t.Errorf("%s is %q now (%v)", name, text, err)
			}
		}
	})
}

// TestCheatsWorkOutside shows that the probes would get through without a sandbox,
// those at least that do no harm to this machine.
func TestCheatsWorkOutside(t *testing.T) {
	a := newArena(t)
	names := []string{
		"read-evaluation", "read-seed", "read-unseen-text", "list-unseen", "link-seed", "write-seed", "read-home", "list-secrets", "symlink-evaluation", "link-evaluation", "append-journal", "write-git",
		"replace-evaluator", "change-mode", "change-times", "agent-environ", "parent-environ", "all-environs", "agent-arguments",
		"signal-agent", "signal-by-file", "tcp", "mptcp", "tcp-listen", "udp", "unix-path", "unix-abstract", "unix-pair", "netlink",
		"memory-file", "shared-memory", "fork", "vfork-exec", "clone-process", "set-user-id", "make-pipe",
		"reserve-disk", "reserve-disk-oddly", "change-extents", "watch-the-agent", "told-of-changes", "lease", "wait-for-lock", "wait-for-file-lock", "wait-for-lock-oddly",
		"hold-by-rules", "hold-by-pipe", "hold-by-splice", "hide-descriptors", "own-descriptors",
	}
	ended := a.run(t, os.Getuid(), attempt{Mode: string(sandbox.Off), Child: "probes", Names: names, Timeout: time.Minute})
	for _, line := range ended.Lines {
		if !strings.HasPrefix(line, "ESCAPED ") {
			t.Errorf("without a sandbox: %s", line)
		}
	}
	if len(ended.Lines) != len(names) {
		t.Errorf("%d of %d probes: %+v", len(ended.Lines), len(names), ended)
	}
}

// TestBuildsReachNoSecrets runs probes in the place of a candidate's build, which
// reads more than a training: toolchain, modules, the run's copy of the sources and
// its cache. What lies beside these is out of its reach, too.
func TestBuildsReachNoSecrets(t *testing.T) {
	a := newArena(t)
	root := detect(t, "../..").root
	names := []string{
		"read-evaluation", "list-secrets", "read-upwards", "read-seed", "list-unseen", "link-seed", "write-seed", "move-over-seed",
		"read-unseen-text", "replace-unseen-text", "append-journal", "replace-evaluator",
	}
	configurations(t, func(t *testing.T, level string, user int) {
		t.Helper()
		ended := a.run(t, user, attempt{Mode: level, Child: "probes", Names: names, Timeout: time.Minute, BuildWith: root})
		for _, line := range ended.Lines {
			if !strings.HasPrefix(line, "refused ") {
				t.Error(line)
			}
		}
		if len(ended.Lines) != len(names) {
			t.Errorf("%d of %d probes: %+v", len(ended.Lines), len(names), ended)
		}
	})
}

// buildGrant is what a build of a candidate reaches whose run has its folders beside
// the secrets.
func buildGrant(t target, root string) sandbox.Grant {
	run := filepath.Dir(t.Secrets)
	toolchain := Toolchain{Go: filepath.Join(root, "bin", "go"), root: root, modules: filepath.Join(run, "modules")}
	builder := CandidateToolchain{toolchain: toolchain, cache: filepath.Join(run, "cache"), self: mustExecutable()}
	return builder.process(filepath.Join(run, "work"), t.Out, nil).Grant
}

// TestCheatsThatExhaust runs what takes without end: each is stopped, in time, with
// its class.
func TestCheatsThatExhaust(t *testing.T) {
	a := newArena(t)
	small := sandbox.Limits{MemoryBytes: 512 << 20, FileBytes: 8 << 20, Threads: 4096, OpenFiles: 256}
	cases := []struct {
		name string
		try  attempt
		want string // in the error, or in stderr's tail
	}{
		{"memory", attempt{Limits: small}, "out of memory"},
		{"mapped-memory", attempt{Limits: small}, "GiB of memory, its limit is 0.5"},
		{"large-file", attempt{Limits: small}, "file too large"},
		{"full-disk", attempt{Limits: small, Disk: 32 << 20}, "GiB on disk, its limit is 0.0"},
		{"many-files", attempt{Limits: small, Disk: 1 << 30}, "more than 20000 files"},
		{"many-folders", attempt{Limits: small, Disk: 1 << 30}, "more than 20000 files"},
		{"unlinked", attempt{Limits: small, Disk: 32 << 20}, "GiB on disk, its limit is 0.0"},
		{"mapped", attempt{Limits: small, Disk: 32 << 20}, "what it holds on disk can't be told: a removed file is mapped"},
		{"deep", attempt{Limits: small, Disk: 1 << 30}, "folders more than 100 deep"},
		{"unlistable", attempt{Limits: small, Disk: 32 << 20}, "GiB on disk, its limit is 0.0"},
		{"odd-names", attempt{Limits: small, Disk: 32 << 20}, "GiB on disk, its limit is 0.0"},
		{"reserved", attempt{Limits: small, Disk: 32 << 20, Stall: time.Second}, "stopped making progress"}, // and nothing reserved
		{"holes", attempt{Limits: small, Disk: 32 << 20}, ""},
		{"hang", attempt{Timeout: time.Second}, "longer than its timeout of 1s"},
		{"silence", attempt{Stall: time.Second}, "stopped making progress"},
	}
	watched := map[string]bool{} // by the agent, in the same way whatever the sandbox
	configurations(t, func(t *testing.T, level string, user int) {
		t.Helper()
		for _, c := range cases {
			if watched[c.name] {
				continue
			}
			watched[c.name] = c.try.Limits == (sandbox.Limits{})
			try := c.try
			try.Mode, try.Child = level, "exhaust "+c.name
			ended := a.run(t, user, try)
			if said := ended.Error + ended.Exit.Tail; !strings.Contains(said, c.want) || c.want == "" && said != "" {
				t.Errorf("%s: ended with %d: %q, want %q", c.name, ended.Exit.Code, said, c.want)
			}
			if ended.Left != "" {
				t.Errorf("%s: what it left stays: %s", c.name, ended.Left)
			}
		}
	})
}

// TestDiskIsCountedWithoutSandbox takes disk in ways that every sandbox refuses.
func TestDiskIsCountedWithoutSandbox(t *testing.T) {
	a := newArena(t)
	for name, want := range map[string]string{
		"thread-descriptors": "GiB on disk, its limit is 0.0",
		"reserved":           "GiB on disk, its limit is 0.0",
		"unlinked":           "GiB on disk, its limit is 0.0",
		"names":              "", // of one file
	} {
		ended := a.run(t, os.Getuid(), attempt{Mode: string(sandbox.Off), Child: "exhaust " + name, Disk: 32 << 20, Timeout: time.Minute})
		if want == "" && ended.Error+ended.Exit.Tail != "" || !strings.Contains(ended.Error, want) {
			t.Errorf("%s: ended with %d: %q %s, want %q", name, ended.Exit.Code, ended.Error, ended.Exit.Tail, want)
		}
	}
}

// corpusProbes lists the probes that the corpus names: all of them.
func corpusProbes(t *testing.T) []string {
	t.Helper()
	named := namedProbes(t)
	slices.Sort(named)
	named = slices.Compact(named)
	for name := range probes() {
		if !slices.Contains(named, name) {
			t.Errorf("no cheat of the corpus names probe %s", name)
		}
	}
	for _, name := range named {
		if probes()[name] == nil {
			t.Errorf("the corpus names probe %s, which there is not", name)
		}
	}
	return named
}

// namedProbes are those that the guard's corpus of cheats names, in its archives'
// files "probes".
func namedProbes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../edit/testdata/cheats/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var named []string
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		mustDo(t, err)
		for _, part := range archive.Files {
			if part.Name == "probes" {
				named = append(named, strings.Fields(string(part.Data))...)
			}
		}
	}
	return named
}
