package proposer

import (
	"errors"
	"net/http"
	"testing"
	"unicode/utf8"
)

// FuzzLLMAnswer gives the proposer whatever an endpoint may answer. It makes a
// proposal of whole texts, or says what is wrong; what it counts is never less
// than nothing.
func FuzzLLMAnswer(f *testing.F) {
	f.Add(200, `{"choices":[{"finish_reason":"stop","message":{"content":"{\"hypothesis\":\"h\",\"edits\":[{\"file\":\"trainer/loss.go\",\"search\":\"package main\",\"replace\":\"package main // x\"}]}"}}],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}`, "")
	f.Add(200, `{"choices":[{"finish_reason":"length","message":{"content":"trainer/loss.go\n<<<<<<< SEARCH\npackage main\n=======\npack"}}],"usage":{"total_tokens":-9}}`, "")
	f.Add(200, `{"choices":[{"message":{"content":null,"refusal":"no"}}],"usage":{"completion_tokens":7,"total_tokens":3}}`, "")
	f.Add(200, `{"choices":[]}`, "")
	f.Add(200, "<html>\xff\xfe", "")
	f.Add(400, `{"error":{"message":"maximum context length is 100 tokens; messages resulted in 999999999999999999999 tokens","code":"context_length_exceeded"}}`, "")
	f.Add(429, `{"error":{"message":"slow","code":5}}`, "1e9")
	f.Add(500, `{"error":"request exceeds the available context size"}`, "Fri, 02 Jan 2026 03:05:05 GMT")
	f.Add(401, `{"detail":["x"]}`, "-1")
	f.Fuzz(func(t *testing.T, code int, body, retryAfter string) {
		if code < 200 || code > 599 || len(body) > 1<<16 {
			return
		}
		requests := 0
		answer := roundTrip(func(*http.Request) (*http.Response, error) {
			requests++
			return respond(code, body, "Retry-After", retryAfter)
		})
		llm, err := newLLM(Options{BaseURL: "http://there/v1", Model: "m", MaxTokens: 100, Client: &http.Client{Transport: answer}})
		if err != nil {
			t.Fatal(err)
		}
		c, costs := billed()
		proposal, err := llm.propose(t.Context(), c, 0)
		if requests > 200 {
			t.Errorf("asked %d times", requests)
		}
		if costs.sum.TokensIn < 0 || costs.sum.TokensOut < 0 {
			t.Errorf("cost %+v", costs.sum)
		}
		var reply *ReplyError
		switch {
		case errors.As(err, &reply) && !utf8.ValidString(reply.Reply):
			t.Errorf("reply %q", reply.Reply)
		case err == nil && (len(proposal.Edits) == 0 || proposal.Description == "" || !utf8.ValidString(proposal.Hypothesis+proposal.Description+proposal.Reply)):
			t.Errorf("%+v", proposal)
		}
	})
}
