package proposer

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/results/journal"
)

// The forms are those of the servers' own sources and issue threads: OpenAI,
// llama.cpp (before and after its pull request 15780), llama-cpp-python, vLLM,
// Anthropic's compatible endpoint.
func TestReadOverflow(t *testing.T) {
	for _, test := range []struct {
		code          int
		body          string
		limit, prompt int
	}{
		{400, `{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9120 tokens.","code":"context_length_exceeded"}}`, 8192, 9120},
		{400, `{"error":{"message":"This model's maximum context length is 4097 tokens, however you requested 5000 tokens (1000 in the messages, 4000 in the completion)."}}`, 4097, 1000},
		{400, `{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":14429,"n_ctx":8192}}`, 8192, 14429},
		{400, `{"error":{"code":400,"message":"request (14429 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error"}}`, 8192, 14429},
		{500, `{"error":{"code":500,"message":"the request exceeds the available context size. try increasing the context size or enable context shift"}}`, 0, 0},
		{400, `{"error":{"message":"Requested tokens (2285) exceed context window of 2048","type":"internal_server_error"}}`, 2048, 2285},
		{400, `{"object":"error","message":"'max_tokens' is too large: 8192. This model's maximum context length is 4096 tokens and your request has 1500 input tokens (8192 > 4096 - 1500).","code":400}`, 4096, 1500},
		{400, `{"error":{"message":"This model's maximum context length is 4096 tokens, but the prompt contains 5000 input tokens"}}`, 4096, 5000},
		{400, `{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}`, 200000, 210000},
		{429, `{"error":{"message":"Request too large for gpt-4.1 on tokens per min (TPM): Limit 30000, Requested 41000.","code":"rate_limit_exceeded"}}`, 30000, 0},
		{413, `<html>Request Entity Too Large</html>`, 0, 0},
	} {
		got := readOverflow(test.code, test.body)
		if got == nil || *got != (overflow{test.limit, test.prompt}) {
			t.Errorf("%d %s: %+v", test.code, test.body, got)
		}
	}
	for code, body := range map[int]string{
		400: `{"error":{"message":"Unsupported parameter: 'max_tokens'"}}`,
		429: `{"error":{"message":"Rate limit reached for gpt-4.1 on tokens per min: Limit 30000, Used 29000, Requested 2000"}}`,
		401: `{"error":{"message":"context_length_exceeded"}}`,
		500: `{"error":{"message":"the server had an error"}}`,
	} {
		if got := readOverflow(code, body); got != nil {
			t.Errorf("%d %s: %+v", code, body, got)
		}
	}
}

// small is a server whose model has a context of some tokens, of 3.3 bytes each;
// it says how much, or only that it was too much. It records the prompts it took.
func small(t *testing.T, context int, says bool, taken *[]request) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var asked request
		if err := json.Unmarshal(body, &asked); err != nil {
			t.Error(err)
		}
		bytes := 0
		for _, message := range asked.Messages {
			bytes += len(message.Content)
		}
		tokens := bytes * 10 / 33
		switch {
		case tokens+asked.MaxTokens <= context:
			*taken = append(*taken, asked)
			saysWith(goodReply, "stop", map[string]int{"prompt_tokens": tokens, "completion_tokens": 50, "total_tokens": tokens + 50})(w, r)
		case says:
			refuses(400, fmt.Sprintf(`{"error":{"message":"maximum context length is %d tokens; your messages resulted in %d tokens","code":"context_length_exceeded"}}`, context, tokens))(w, r)
		default:
			refuses(500, `{"error":{"message":"the request exceeds the available context size. try increasing it"}}`)(w, r)
		}
	}
}

// longContext is a run's with much to tell.
func longContext() Context {
	c := asked()
	c.Program = strings.Repeat("Lower it by all means. ", 200)
	for _, name := range []string{"bitlinear", "loss", "quantize", "train"} {
		c.Files["trainer/"+name+".go"] = "package main // " + name + "\n" + strings.Repeat("// A line of "+name+" that explains something.\n", 60)
	}
	for n := 1; n < 60; n++ {
		e := journal.Experiment{Number: n, Status: journal.StatusDiscard, EvalPPL: 140, Description: fmt.Sprintf("change %d", n), Hypothesis: strings.Repeat("because ", 12)}
		if n%20 == 0 {
			e.Status = journal.StatusKeep
		}
		c.Experiments = append(c.Experiments, e)
	}
	c.Number = 60
	c.Feedback = []Attempt{{strings.Repeat("old try ", 300), "the old problem"}, {strings.Repeat("last try ", 300), "the last problem"}}
	return c
}

// No prompt fails for its length, whatever the server's limit is and whether or
// not it names it.
func TestLLMFitsIntoSmallContexts(t *testing.T) {
	for _, context := range []int{2048, 4096, 8192, 16384, 1 << 20} {
		for _, says := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d %t", context, says), func(t *testing.T) {
				var taken []request
				server := httptestServer(t, small(t, context, says, &taken))
				p := newTestLLM(t, Options{BaseURL: server, Model: "m"})
				for range 2 {
					if _, err := p.Propose(t.Context(), longContext()); err != nil {
						t.Fatal(err)
					}
				}
				last := taken[len(taken)-1]
				prompt := ""
				for _, message := range last.Messages {
					prompt += message.Content
				}
				for _, part := range []string{"# Rules", "GroupSize", "the last problem"} {
					if !strings.Contains(prompt, part) {
						t.Errorf("the prompt lacks %q", part)
					}
				}
				if whole := strings.Contains(prompt, "the old problem"); whole != (context > 16_000) {
					t.Errorf("the earlier refusal is in: %t", whole)
				}
				if room := last.MaxTokens; room < context/8 && room < defaultMaxTokens {
					t.Errorf("%d tokens are left for the answer", room)
				}
			})
		}
	}
}

func TestLLMSaysWhenNothingCanFit(t *testing.T) {
	var taken []request
	server := httptestServer(t, small(t, 256, true, &taken))
	p := newTestLLM(t, Options{BaseURL: server, Model: "m"})
	if _, err := p.Propose(t.Context(), longContext()); err == nil || !strings.Contains(err.Error(), "even the shortest prompt doesn't fit into the context of m; start the server with a larger one") {
		t.Error(err)
	}
}

func TestLLMKeepsToTheContextThatTheUserNames(t *testing.T) {
	var taken []request
	server := httptestServer(t, small(t, 4096, false, &taken))
	p := newTestLLM(t, Options{BaseURL: server, Model: "m", Context: 4096})
	c := longContext()
	refused := 0
	c.Spend = func(cost journal.Spent) error {
		if cost.TokensIn+cost.TokensOut > 4096 {
			refused++
		}
		return nil
	}
	if _, err := p.Propose(t.Context(), c); err != nil || refused > 0 || len(taken) != 1 {
		t.Errorf("%d requests were longer, %d taken, %v", refused, len(taken), err)
	}
}

// The longer the prompt may be, the more is in it, in the order of importance.
// Files and refused tries come as a whole or not at all, so that what matters
// less may take a room that is too small for them.
func TestConversationFillsUpByImportance(t *testing.T) {
	c := longContext()
	inOrder := []string{"# Rules", "GroupSize", "the last problem", "| 59 |", "Lower it by"}
	whole := []string{"package main // bitlinear", "package main // train", "the old problem", "| 40 |", "| 1 |"}
	for limit := 5500; limit < 60_000; limit += 1500 {
		messages, err := conversation(c, limit)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, message := range messages {
			text += message.Content
		}
		for i, part := range inOrder[1:] {
			if strings.Contains(text, part) && !strings.Contains(text, inOrder[i]) {
				t.Errorf("limit %d: %q is in, but %q is not", limit, part, inOrder[i])
			}
		}
		for _, part := range append(whole, inOrder...) {
			if limit > 40_000 && !strings.Contains(text, part) {
				t.Errorf("limit %d: %q is missing", limit, part)
			}
		}
		if least, err := shortest(c); err != nil || messageBytes(messages) > max(limit, least) {
			t.Errorf("limit %d: %d bytes, %v", limit, messageBytes(messages), err)
		}
	}
}

func TestLLMLearnsTheLongestAnswer(t *testing.T) {
	p, s := serve(t, Options{Model: "m", MaxTokens: 100_000},
		refuses(400, `{"error":{"message":"max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000."}}`), says(goodReply))
	if _, err := p.Propose(t.Context(), asked()); err != nil || s.requests[1].MaxTokens != 16384 {
		t.Errorf("%+v, %v", s.requests, err)
	}
}
