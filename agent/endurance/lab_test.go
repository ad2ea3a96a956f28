package endurance

import (
	"context"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ternlab/ternlab/workspace/repo"
)

// moduleFile holds the small module that the labs are made of.
const moduleFile = "../cli/testdata/module.txtar"

func TestMain(m *testing.M) {
	name := filepath.Base(os.Args[0])
	known, err := playProgram(name)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
	if known {
		os.Exit(0)
	}
	code := m.Run()
	if agent, err := builtAgent(); err == nil {
		_ = os.RemoveAll(filepath.Dir(agent))
	}
	os.Exit(code)
}

// builtAgent is the agent's binary, with failpoints, for all labs.
var builtAgent = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "endurance-")
	if err != nil {
		return "", err
	}
	agent := filepath.Join(dir, "agent")
	output, err := exec.Command("go", "build", "-tags", "failpoint", "-o", agent, "../../agent").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the agent: %w\n%s", err, output)
	}
	return agent, nil
})

// listedExports is what the go command says of the packages that the labs' trainer
// imports, for [playGo] to repeat.
var listedExports = sync.OnceValues(func() ([]byte, error) {
	imports, err := trainerImports()
	if err != nil {
		return nil, err
	}
	const format = "{{.ImportPath}}\t{{.Export}}\ttrue\t\t"
	output, err := exec.Command("go", append([]string{"list", "-export", "-f", format}, imports...)...).Output()
	return append(output, "github.com/ternlab/ternlab/trainer\t\tfalse\t"+strings.Join(imports, " ")+"\t1.26\n"...), err
})

// trainerImports lists what the labs' trainer imports.
func trainerImports() ([]string, error) {
	archive, err := txtar.ParseFile(moduleFile)
	if err != nil {
		return nil, err
	}
	var imports []string
	for _, file := range archive.Files {
		if path.Dir(file.Name) != "trainer" || path.Ext(file.Name) != ".go" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name, file.Data, parser.ImportsOnly)
		if err != nil {
			return nil, err
		}
		for _, spec := range parsed.Imports {
			imports = append(imports, strings.Trim(spec.Path.Value, `"`))
		}
	}
	slices.Sort(imports)
	return slices.Compact(imports), nil
}

// lab is a user's checkout, the real agent, and what it works with.
type lab struct {
	root     string        // the checkout
	agent    string        // the agent's binary, with failpoints
	env      []string      // its environment
	parallel int           // experiments at once; 0 and 1: one
	asked    *atomic.Int64 // how often the language model was
}

// newLab makes a lab around a small module. One of the user's files is not
// committed.
func newLab(t *testing.T) lab {
	t.Helper()
	dir := t.TempDir()
	l := lab{root: filepath.Join(dir, "lab"), agent: filepath.Join(dir, "bin", "agent"), asked: new(atomic.Int64)}
	archive, err := txtar.ParseFile(moduleFile)
	must(t, err)
	must(t, txtar.Write(archive, l.root))
	_, err = repo.Init(l.root)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(l.root, "notes.txt"), []byte("mine\n"), 0o644))

	agent, err := builtAgent()
	must(t, err)
	must(t, linkSelf(filepath.Join(dir, "bin", "go")))
	exports, err := listedExports()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "bin", "exports.txt"), exports, 0o644))
	must(t, os.Link(agent, l.agent))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/chat/completions") {
			l.asked.Add(1)
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	l.env = []string{
		"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "HOME=" + dir,
		"OPENAI_BASE_URL=" + server.URL + "/v1", "OPENAI_API_KEY=key-of-the-lab",
	}
	return l
}

// tag is the run that the tests write.
const tag = "night"

// command is the agent with these arguments.
func (l lab) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, l.agent, args...)
	cmd.Dir, cmd.Env = l.root, l.env
	return cmd
}

// run is the agent that writes the tests' run.
func (l lab) run(t *testing.T, budget int) *exec.Cmd {
	t.Helper()
	return l.command(t.Context(), "run", "--budget", strconv.Itoa(budget), "--tag", tag, "--steps", "4", "--eval-every", "2", "--max-seeds", "2", "--proposer", "llm", "--parallel", strconv.Itoa(max(1, l.parallel)))
}

// answer plays a language model that proposes another learning rate each time,
// and now and then something useless.
func answer(w http.ResponseWriter, r *http.Request) {
	question, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	line := regexp.MustCompile(`LearningRate: [0-9.e+-]+,`).Find(question)
	content := "I have no idea."
	if rand.IntN(20) > 0 {
		edits, _ := json.Marshal(map[string]any{
			"hypothesis": "Another rate may be better.",
			"edits": []any{map[string]string{
				"file": "trainer/recipe.go", "search": string(line),
				"replace": "LearningRate: " + strconv.FormatFloat(1e-5*(1+99*rand.Float64()), 'g', 6, 64) + ",",
			}},
		})
		content = string(edits)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": "reply", "object": "chat.completion", "model": "lab-model",
		"choices": []any{map[string]any{
			"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": content},
		}},
		"usage": map[string]any{"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for something to become true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 10 s still not: %s", what)
		}
	}
}
