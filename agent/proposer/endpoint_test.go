package proposer

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
