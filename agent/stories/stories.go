// Package stories runs the real agent on testscript stories: what a person types, and
// what is to be seen and found afterwards. It is support for tests, and nothing that
// a program links.
package stories

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ternlab/ternlab/agent/cli"
	"github.com/ternlab/ternlab/workspace/repo"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// Main is the TestMain of a package that runs stories.
func Main(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"agent":          func() { os.Exit(cli.Main()) },
		"on-terminal":    onTerminal,
		sandbox.InitName: sandbox.Init,
	})
}

// Run runs each story of a folder. Its working folder, lab, is a small module that
// stands in for this one (the txtar file module), with a git repository unless the
// story has a file no-repository. Files of the story below lab take the place of
// the module's. Where a story has a replies.json, OPENAI_BASE_URL names a server
// that gives these replies in turn and writes what it is asked to requests.jsonl; a
// model.json names the model.
func Run(t *testing.T, folder, module string) {
	t.Helper()
	goEnv := GoEnv(t)
	testscript.Run(t, testscript.Params{
		Dir:                 folder,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(append(env.Vars, goEnv...), "CGO_ENABLED=0", "UGLY=a\x1b[2J\u202e\u200b\x9b")
			if err := writeModule(module, filepath.Join(env.WorkDir, "lab")); err != nil {
				return err
			}
			if err := initRepository(env.WorkDir); err != nil {
				return err
			}
			return serveReplies(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit-code":   exitCode,
			"wait-for":    waitFor,
			"drop-line":   dropLine,
			"older-run":   olderRun,
			"cut-tail":    cutTail,
			"git-refs":    gitRefs,
			"git-message": gitMessage,
			"git-file":    gitFile,
			"git-commit":  gitCommit,
			"same-tree":   sameTree,
			"inert":       inert,
		},
	})
}

// GoEnv lets the stories' builds share this machine's caches.
func GoEnv(t *testing.T) []string {
	t.Helper()
	var vars []string
	for _, name := range []string{"GOCACHE", "GOPATH", "GOMODCACHE", "GOROOT"} {
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatalf("go env %s: %v", name, err)
		}
		vars = append(vars, name+"="+strings.TrimSpace(string(value)))
	}
	return vars
}

// writeModule writes the stand-in module around what the story has.
func writeModule(module, dir string) error {
	archive, err := txtar.ParseFile(module)
	if err != nil {
		return err
	}
	for _, file := range archive.Files {
		target := filepath.Join(dir, filepath.FromSlash(file.Name))
		if _, err := os.Stat(target); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, file.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func initRepository(workDir string) error {
	_, err := os.Stat(filepath.Join(workDir, "no-repository"))
	if errors.Is(err, fs.ErrNotExist) {
		_, err = repo.Init(filepath.Join(workDir, "lab"))
	}
	return err
}

// reply is one answer of the scripted endpoint: a message's content, or an HTTP
// error.
type reply struct {
	Status  int    `json:"status"`
	Error   string `json:"error"`
	content string
}

func parseReply(text json.RawMessage) (reply, error) {
	var r reply
	if err := json.Unmarshal(text, &r.content); err == nil {
		return r, nil
	}
	r.content = string(text)
	err := json.Unmarshal(text, &r)
	return r, err
}

// serveReplies starts the scripted endpoint where the story has replies.
func serveReplies(env *testscript.Env) error {
	text, err := os.ReadFile(filepath.Join(env.WorkDir, "replies.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var replies []json.RawMessage
	if err := json.Unmarshal(text, &replies); err != nil {
		return fmt.Errorf("replies.json: %w", err)
	}
	requests, err := os.Create(filepath.Join(env.WorkDir, "requests.jsonl"))
	if err != nil {
		return err
	}
	model := "story-model"
	if name, err := os.ReadFile(filepath.Join(env.WorkDir, "model.json")); err == nil {
		if err := json.Unmarshal(name, &model); err != nil {
			return fmt.Errorf("model.json: %w", err)
		}
	}
	server := httptest.NewServer(&endpoint{replies: replies, requests: requests, model: model})
	env.Defer(func() {
		server.Close()
		_ = requests.Close()
	})
	env.Setenv("OPENAI_BASE_URL", server.URL+"/v1")
	env.Setenv("OPENAI_API_KEY", "key-of-the-story")
	return nil
}

// endpoint is a scripted OpenAI-compatible server.
type endpoint struct {
	mu       sync.Mutex
	replies  []json.RawMessage
	requests io.Writer
	model    string
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/models") {
		e.write(w, http.StatusOK, map[string]any{"object": "list", "data": []any{map[string]any{"id": e.model, "object": "model"}}})
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = fmt.Fprintf(e.requests, "%s\n", body)
	if len(e.replies) == 0 {
		e.write(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"message": "the story has no more replies"}})
		return
	}
	next, err := parseReply(e.replies[0])
	e.replies = e.replies[1:]
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case next.Status != 0:
		e.write(w, next.Status, map[string]any{"error": map[string]any{"message": next.Error, "type": "invalid_request_error"}})
	default:
		e.write(w, http.StatusOK, map[string]any{
			"id": "reply", "object": "chat.completion", "model": e.model,
			"choices": []any{map[string]any{
				"index": 0, "finish_reason": "stop",
				"message": map[string]any{"role": "assistant", "content": next.content},
			}},
			"usage": map[string]any{"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
		})
	}
}

func (e *endpoint) write(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}
