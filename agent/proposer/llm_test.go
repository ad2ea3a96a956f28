package proposer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results"
	"github.com/ternlab/ternlab/workspace"
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
		Experiments: []results.Experiment{{Status: results.StatusKeep, EvalPPL: 131.2}}, Steps: 100, Number: 1,
	}
}

func TestLLMProposes(t *testing.T) {
	p, s := serve(t, Options{APIKey: "key", Model: "m", MaxTokens: 77}, saysWith(goodReply, "stop", map[string]int{"total_tokens": 321}))
	got, err := p.Propose(t.Context(), asked())
	if err != nil {
		t.Fatal(err)
	}
	want := Proposal{
		Hypothesis: "Cosine spends longer near zero. More follows.", Description: "lambda schedule linear → cosine", Tokens: 321, Reply: goodReply,
		Edits: []workspace.Edit{{File: RecipeFile, Search: `LambdaSchedule:   "linear",`, Replace: `LambdaSchedule:   "cosine",`}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r := s.requests[0]
	if r.Model != "m" || r.MaxTokens != 77 || r.format() != "" || r.key != "Bearer key" || p.Name() != "llm m" {
		t.Errorf("%s asked %+v", p.Name(), r)
	}
	if len(r.Messages) != 2 || r.Messages[0].Role != "system" || r.Messages[1].Role != "user" {
		t.Fatalf("messages %+v", r.Messages)
	}
	for _, part := range []string{"Lower it.", recipe, "eval_ppl 131.20"} {
		if !strings.Contains(r.Messages[1].Content, part) {
			t.Errorf("the prompt lacks %.30q", part)
		}
	}
	if strings.Index(r.Messages[1].Content, RecipeFile) > strings.Index(r.Messages[1].Content, "trainer/loss.go") {
		t.Error("the recipe does not come first")
	}
}

func TestLLMLocalServerNeedsNeitherKeyNorModelNorUsage(t *testing.T) {
	for _, models := range [][]string{nil, {"first", "second"}} {
		p, s := serve(t, Options{}, says(goodReply))
		s.models = models
		got, err := p.Propose(t.Context(), asked())
		if err != nil || got.Tokens != 0 {
			t.Fatalf("%d tokens, %v", got.Tokens, err)
		}
		want := "default"
		if models != nil {
			want = "first"
		}
		if r := s.requests[0]; r.key != "Bearer none" || r.Model != want || r.MaxTokens != defaultMaxTokens {
			t.Errorf("asked %+v", r)
		}
	}
}

func TestLLMDescribesWhatIsNoKnobByItsHypothesis(t *testing.T) {
	reply := "Hypothesis: A label-smoothed loss keeps small logits alive in the ternary layers, and so on. Really.\n\n" +
		"trainer/loss.go\n<<<<<<< SEARCH\npackage main\n=======\npackage main\n\nconst smoothing = 0.1\n>>>>>>> REPLACE\n"
	p, _ := serve(t, Options{}, says(reply))
	got, err := p.Propose(t.Context(), asked())
	if err != nil {
		t.Fatal(err)
	}
	if want := "A label-smoothed loss keeps small logits alive in the …"; got.Description != want {
		t.Errorf("%q", got.Description)
	}
}

func TestLLMResponseFormatIsLearnt(t *testing.T) {
	tests := []struct {
		name    string
		answers []http.HandlerFunc
		asks    int
		want    []string // The response_format of each request.
	}{
		{"plain answers need none", []http.HandlerFunc{says(goodReply)}, 2, []string{"", ""}},
		{"schema taken", []http.HandlerFunc{says("well…"), says(goodReply)}, 3, []string{"", "json_schema", "json_schema"}},
		{
			"llama.cpp's Python server",
			[]http.HandlerFunc{says("well…"), refuses(500, `{"error":{"message":"schema"}}`), says(goodReply)},
			3,
			[]string{"", "json_schema", "json_object", "json_object"},
		},
		{
			"neither taken",
			[]http.HandlerFunc{says("well…"), refuses(400, "no"), refuses(422, `{"detail":"no"}`), says(goodReply)},
			3,
			[]string{"", "json_schema", "json_object", "", ""},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, s := serve(t, Options{Model: "m"}, test.answers...)
			for range test.asks {
				var reply *ReplyError
				if _, err := p.Propose(t.Context(), asked()); err != nil && !errors.As(err, &reply) {
					t.Fatal(err)
				}
			}
			formats := []string{}
			for _, r := range s.requests {
				formats = append(formats, r.format())
				if r.format() == "json_schema" && (r.ResponseFormat.JSONSchema.Name == "" || !r.ResponseFormat.JSONSchema.Strict || r.ResponseFormat.JSONSchema.Schema["type"] != "object") {
					t.Errorf("schema %+v", r.ResponseFormat.JSONSchema)
				}
				if r.MaxTokens == 0 {
					t.Error("a request without a token limit")
				}
			}
			if diff := cmp.Diff(test.want, formats); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLLMTokenLimitByItsOtherName(t *testing.T) {
	refusal := refuses(400, `{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.","code":"unsupported_parameter"}}`)
	for _, test := range []struct {
		model   string
		answers []http.HandlerFunc
		want    int
	}{
		{"o3-mini", []http.HandlerFunc{says(goodReply)}, 2},
		{"new", []http.HandlerFunc{refusal, says(goodReply)}, 3},
	} {
		p, s := serve(t, Options{Model: test.model}, test.answers...)
		for range 2 {
			if _, err := p.Propose(t.Context(), asked()); err != nil {
				t.Fatal(err)
			}
		}
		last := s.requests[len(s.requests)-1]
		if len(s.requests) != test.want || last.MaxTokens != 0 || last.MaxCompletionTokens != defaultMaxTokens {
			t.Errorf("%s: %d requests, the last %d and %d tokens", test.model, len(s.requests), last.MaxTokens, last.MaxCompletionTokens)
		}
	}
}

func TestLLMWaitsForWhatMayPass(t *testing.T) {
	for name, trouble := range map[string]http.HandlerFunc{
		"429": refuses(429, `{"error":"slow down"}`), "408": refuses(408, ""), "500": refuses(500, ""), "502": refuses(502, "<html>"),
		"503": refuses(503, `{"error":{"message":"overloaded"}}`), "529": refuses(529, ""),
		"reset": resets, "empty": raw(""), "truncated": raw(`{"choices": [{"mess`),
	} {
		t.Run(name, func(t *testing.T) {
			p, s := serve(t, Options{Model: "m"}, trouble, trouble, says(goodReply))
			if _, err := p.Propose(t.Context(), asked()); err != nil || len(s.requests) != 3 {
				t.Errorf("%d requests, %v", len(s.requests), err)
			}
		})
	}
}

func TestLLMStopsAtWhatTheUserMustMend(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		models []string
		want   string
	}{
		{"401", refuses(401, `{"error":{"message":"Incorrect API key provided: sk-…42"}}`), nil, "401 Unauthorized: Incorrect API key provided: sk-…42; check OPENAI_API_KEY"},
		{"403", refuses(403, `{"error":"forbidden"}`), nil, "403 Forbidden: forbidden; the key in OPENAI_API_KEY may not use model m"},
		{"404", refuses(404, `{"error":{"message":"model not found","code":"model_not_found"}}`), []string{"a", "b"}, "there is no model m at http://127.0.0.1"},
		{"404 with models", refuses(404, `{"message":"what?"}`), []string{"a", "b"}, "choose one with --model: a, b"},
		{"404 without", refuses(404, `404 page not found`), nil, "correct OPENAI_BASE_URL, which ends in /v1"},
		{"400 model", refuses(400, `{"error":{"message":"no","code":"model_not_found"}}`), nil, "there is no model m"},
		{"429 quota", refuses(429, `{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}`), nil, "has no credit left"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, s := serve(t, Options{Model: "m", APIKey: "sk-secret"}, test.answer)
			s.models = test.models
			_, err := p.Propose(t.Context(), asked())
			if !errors.Is(err, ErrSetup) || !strings.Contains(err.Error(), test.want) || len(s.requests) != 1 {
				t.Errorf("%d requests, %v", len(s.requests), err)
			}
			if strings.Contains(fmt.Sprint(err), "sk-secret") {
				t.Error("the key is in the message")
			}
		})
	}
}

func TestLLMStopsAtWhatWaitingCannotMend(t *testing.T) {
	for want, answer := range map[string]http.HandlerFunc{
		"400 Bad Request: this model's context is 4096 tokens": refuses(400, `{"error":{"message":"this model's context is 4096 tokens"}}`),
		"is not a chat completion":                             raw("<html>Welcome</html>"),
		"is longer than 8 MiB":                                 raw(`{"choices":[{"message":{"content":"` + strings.Repeat("a", 9<<20) + `"}}]}`),
	} {
		t.Run(want, func(t *testing.T) {
			p, s := serve(t, Options{Model: "m"}, answer)
			_, err := p.Propose(t.Context(), asked())
			if err == nil || errors.Is(err, ErrSetup) || !strings.Contains(err.Error(), want) || len(s.requests) != 1 {
				t.Errorf("%d requests, %v", len(s.requests), err)
			}
		})
	}
}

func TestLLMUnusableAnswers(t *testing.T) {
	usage := map[string]int{"total_tokens": 5}
	tests := map[string]http.HandlerFunc{
		"no edit":                        saysWith("I would rather not.", "stop", usage),
		"cut off at its token limit":     saysWith(goodReply, "length", usage),
		"content filter":                 saysWith("", "content_filter", usage),
		"the answer was empty":           saysWith(" \n", "stop", usage),
		"the endpoint sent no answer":    raw(`{"choices": [], "usage": {"total_tokens": 5}}`),
		"the model refused; propose ano": raw(`{"choices": [{"message": {"content": null, "refusal": "No."}}], "usage": {"total_tokens": 5}}`),
	}
	for want, answer := range tests {
		t.Run(want, func(t *testing.T) {
			p, _ := serve(t, Options{Model: "m"}, answer)
			_, err := p.Propose(t.Context(), asked())
			var reply *ReplyError
			if !errors.As(err, &reply) || !strings.Contains(err.Error(), want) || reply.Tokens != 5 {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestLLMIsToldWhyItsTriesWereRefused(t *testing.T) {
	p, s := serve(t, Options{Model: "m"}, says(goodReply))
	c := asked()
	c.Feedback = []Attempt{{"first try", "problem one"}, {"", "problem two"}}
	if _, err := p.Propose(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	messages := s.requests[0].Messages
	roles := []string{}
	for _, m := range messages {
		roles = append(roles, m.Role)
	}
	if diff := cmp.Diff([]string{"system", "user", "assistant", "user", "assistant", "user"}, roles); diff != "" {
		t.Fatal(diff)
	}
	if messages[2].Content != "first try" || messages[4].Content == "" ||
		!strings.Contains(messages[3].Content, "problem one") || !strings.Contains(messages[5].Content, "problem two") {
		t.Errorf("%+v", messages[2:])
	}
}

func TestLLMPromptLeavesOutOldDiscards(t *testing.T) {
	c := asked()
	for n := 1; n <= 150; n++ {
		e := results.Experiment{Number: n, Status: results.StatusDiscard, EvalPPL: 140, Reason: "higher"}
		if n == 7 {
			e = results.Experiment{Number: n, Status: results.StatusKeep, EvalPPL: 120}
		}
		if n == 149 {
			e = results.Experiment{Number: n, Status: results.StatusCrash, EvalPPL: results.Missing(), Failure: &results.Failure{Class: results.FailureDiverged, Message: "NaN"}}
		}
		c.Experiments = append(c.Experiments, e)
	}
	c.Number = 151
	data := promptData(c)
	if data.Omitted != 49 || len(data.Experiments) != 102 || data.Best != "120.00" || data.Experiments[1].Number != 7 {
		t.Errorf("%d omitted, %d shown, best %s", data.Omitted, len(data.Experiments), data.Best)
	}
	if row := data.Experiments[100]; row.EvalPPL != "" || row.Outcome != "diverged: NaN" {
		t.Errorf("%+v", row)
	}
}

// roundTrip answers requests in this process, so that time can be faked.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(code int, body string, header ...string) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	refuses(code, body, header...)(recorder, nil)
	return recorder.Result(), nil
}

func TestLLMPatience(t *testing.T) {
	completion := `{"choices":[{"message":{"content":"` + strings.NewReplacer("\n", `\n`, `"`, `\"`, `\`, `\\`).Replace(goodReply) + `"}}]}`
	busy := func(header ...string) roundTrip {
		return func(*http.Request) (*http.Response, error) { return respond(503, "", header...) }
	}
	tests := []struct {
		name     string
		answer   roundTrip
		min, max time.Duration // How long the proposal takes.
		setup    bool
		want     string
	}{
		{"retry after seconds", once(busy("Retry-After", "37"), completion), 37 * time.Second, 38 * time.Second, false, ""},
		{"usual wait", once(busy(), completion), 500 * time.Millisecond, 1500 * time.Millisecond, false, ""},
		{"bounded", busy(), 3 * time.Minute, 5 * time.Minute, false, "gave up after"},
		{"asked to wait beyond its patience", busy("Retry-After", "3600"), 0, time.Second, false, "retry after 1h0m0s"},
		{"never there", func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }, 30 * time.Second, 80 * time.Second, true, "nothing answers at http://there/v1"},
		{"hangs once", once(hangs, completion), time.Minute, 62 * time.Second, false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := New(LLM, Options{
					BaseURL: "http://there/v1", Model: "m", Patience: 5 * time.Minute, Timeout: time.Minute, Client: &http.Client{Transport: test.answer},
				})
				if err != nil {
					t.Fatal(err)
				}
				started := time.Now()
				_, err = p.Propose(t.Context(), asked())
				took := time.Since(started)
				if took < test.min || took > test.max || errors.Is(err, ErrSetup) != test.setup {
					t.Errorf("took %s: %v", took, err)
				}
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Error(err)
				}
			})
		})
	}
}

// once answers in one way, then with a completion.
func once(first roundTrip, completion string) roundTrip {
	done := false
	return func(r *http.Request) (*http.Response, error) {
		if !done {
			done = true
			return first(r)
		}
		return respond(200, completion)
	}
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestLLMEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		p, err := New(LLM, Options{BaseURL: "http://there/v1", Model: "m", Client: &http.Client{Transport: roundTrip(hangs)}})
		if err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		if _, err := p.Propose(ctx, asked()); !errors.Is(err, context.DeadlineExceeded) || time.Since(started) != 10*time.Second {
			t.Errorf("after %s: %v", time.Since(started), err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "0.5": time.Second / 2, "-3": 0, "soon": 0, "NaN": 0, "1e300": 0,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Fri, 02 Jan 2026 03:00:00 GMT": 0,
	} {
		if got := readRetryAfter(header, now); got != want {
			t.Errorf("%q: %s", header, got)
		}
	}
}

func TestNew(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		want    string
		problem string
	}{
		{Auto, Options{}, "tpe", ""},
		{Auto, Options{APIKey: "key"}, "llm " + defaultModel, ""},
		{Auto, Options{BaseURL: "http://localhost:1/v1", Model: "m"}, "llm m", ""},
		{Auto, Options{BaseURL: "http://localhost:1/v1"}, "llm", ""},
		{TPE, Options{APIKey: "key"}, "tpe", ""},
		{Random, Options{}, "random", ""},
		{LLM, Options{}, "", "set OPENAI_API_KEY"},
		{LLM, Options{BaseURL: "localhost:8080"}, "", "it looks like http://localhost:8080/v1"},
		{"human", Options{}, "", `no proposer "human"; there are auto, llm, tpe and random`},
	}
	for _, test := range tests {
		p, err := New(test.name, test.options)
		switch {
		case test.problem != "":
			if err == nil || !strings.Contains(err.Error(), test.problem) || p != nil {
				t.Errorf("%s: %v %v", test.name, p, err)
			}
		case err != nil || p.Name() != test.want:
			t.Errorf("%s: %v %v", test.name, p, err)
		}
	}
	t.Setenv("OPENAI_API_KEY", "k")
	t.Setenv("OPENAI_BASE_URL", "u")
	if got := OptionsFromEnvironment(); got.APIKey != "k" || got.BaseURL != "u" {
		t.Errorf("%+v", got)
	}
}
