package proposer

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ternlab/ternlab/results/journal"
)

// request is what the tests look at in a chat request.
type request struct {
	Model               string
	Messages            []struct{ Role, Content string }
	MaxTokens           int `json:"max_tokens"`
	MaxCompletionTokens int `json:"max_completion_tokens"`
	ResponseFormat      *struct {
		Type       string
		JSONSchema *struct {
			Name   string
			Strict bool
			Schema map[string]any
		} `json:"json_schema"`
	} `json:"response_format"`
	key string
}

func (r request) format() string {
	if r.ResponseFormat == nil {
		return ""
	}
	return r.ResponseFormat.Type
}

// script answers chat requests one after the other; the last answer repeats.
type script struct {
	mu       sync.Mutex
	answers  []http.HandlerFunc
	requests []request
	models   []string // What /models lists; nil: 404.
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/models") && s.models != nil {
		list := []map[string]string{}
		for _, model := range s.models {
			list = append(list, map[string]string{"id": model})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": list})
		return
	}
	if r.URL.Path != "/v1/chat/completions" {
		http.NotFound(w, r)
		return
	}
	seen := request{key: r.Header.Get("Authorization")}
	if err := json.NewDecoder(r.Body).Decode(&seen); err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	s.requests = append(s.requests, seen)
	s.answers[min(len(s.requests), len(s.answers))-1](w, r)
}

func says(text string) http.HandlerFunc { return saysWith(text, "stop", nil) }

func saysWith(text, finish string, usage any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		body := map[string]any{"choices": []any{map[string]any{
			"finish_reason": finish, "message": map[string]string{"role": "assistant", "content": text},
		}}}
		if usage != nil {
			body["usage"] = usage
		}
		_ = json.NewEncoder(w).Encode(body)
	}
}

func refuses(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func raw(body string) http.HandlerFunc { return refuses(http.StatusOK, body) }

// resets breaks the connection without an answer.
func resets(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}

const goodReply = `{"hypothesis": "Cosine spends\nlonger near zero. More follows.", "edits": [{"file": "trainer/recipe.go",
"search": "LambdaSchedule:   \"linear\",", "replace": "LambdaSchedule:   \"cosine\","}]}`

func serve(t *testing.T, options Options, answers ...http.HandlerFunc) (Proposer, *script) {
	t.Helper()
	s := &script{answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	options.BaseURL = server.URL + "/v1"
	p := newTestLLM(t, options)
	return p, s
}

func newTestLLM(t *testing.T, options Options) Proposer {
	t.Helper()
	p, err := New(LLM, options)
	if err != nil {
		t.Fatal(err)
	}
	llm, ok := p.(*llmProposer)
	if !ok {
		t.Fatalf("got %T", p)
	}
	llm.endpoint.firstWait = time.Millisecond
	return p
}

func asked() Context {
	return Context{
		Program: "Lower it.", Files: map[string]string{RecipeFile: recipe, "trainer/loss.go": "package main\n"},
		Experiments: []journal.Experiment{{Status: journal.StatusKeep, EvalPPL: 131.2}}, Steps: 100, Number: 1,
	}
}

// bill adds up what a proposal costs.
type bill struct {
	sum   journal.Spent
	steps []journal.Spent
	limit int // Tokens that it may come to at any time; 0: any number.
}

func (b *bill) tokens() int { return b.sum.TokensIn + b.sum.TokensOut }

func (b *bill) add(cost journal.Spent) error {
	if b.limit > 0 && b.tokens()+cost.TokensIn+cost.TokensOut > b.limit {
		return errNotAfforded
	}
	b.steps = append(b.steps, cost)
	b.sum.TokensIn += cost.TokensIn
	b.sum.TokensOut += cost.TokensOut
	b.sum.USD += cost.USD
	return nil
}

var errNotAfforded = errors.New("no money left")

// billed is what asked is, with a bill.
func billed() (Context, *bill) {
	c, b := asked(), &bill{}
	c.Spend = b.add
	return c, b
}

// httptestServer serves chat completions and returns the endpoint's address.
func httptestServer(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}
