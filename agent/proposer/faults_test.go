package proposer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// hangsAfter sends the head of an answer and the start of its body, and then
// nothing until the client gives up; without a body not even the head.
func hangsAfter(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if body != "" {
			_, _ = io.WriteString(w, body)
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	}
}

// breaksOff announces a longer answer than it sends.
func breaksOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"choices": [{"message": {"content": "tru`)
}

// resetsMidway breaks the connection in the middle of an answer.
func resetsMidway(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, `{"choices": [`)
	_ = http.NewResponseController(w).Flush()
	resets(w, r)
}

func withInvalidUTF8() http.HandlerFunc {
	return raw(`{"choices":[{"message":{"content":"Hypothesis: caf` + "\xe9" + `.\n\ntrainer/loss.go\n<<<<<<< SEARCH\npackage main\n=======\npackage main // ` + "\xff" + `\n>>>>>>> REPLACE\n"}}]}`)
}

// Each fault passes: the answer after it is taken, and both are paid for where
// the first may have been computed.
func TestLLMOutlivesFaults(t *testing.T) {
	const promptAtLeast = 500 // Tokens of the prompt that asked makes, or more.
	for name, test := range map[string]struct {
		faults []http.HandlerFunc
		paid   int // Faulty requests that are paid for.
	}{
		"429":                  {[]http.HandlerFunc{refuses(429, `{"error":{"message":"slow down"}}`, "Retry-After", "0.001")}, 0},
		"500 502 503 529":      {[]http.HandlerFunc{refuses(500, ""), refuses(502, "<html>"), refuses(503, `{"error":"loading model"}`), refuses(529, "overloaded")}, 0},
		"504":                  {[]http.HandlerFunc{refuses(504, "upstream timed out")}, 1},
		"no head":              {[]http.HandlerFunc{hangsAfter("")}, 1},
		"hangs mid-answer":     {[]http.HandlerFunc{hangsAfter(`{"choices": [`)}, 1},
		"reset":                {[]http.HandlerFunc{resets}, 1},
		"reset mid-answer":     {[]http.HandlerFunc{resetsMidway}, 1},
		"truncated JSON":       {[]http.HandlerFunc{raw(`{"choices": [{"message"`)}, 1},
		"shorter than it says": {[]http.HandlerFunc{breaksOff}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			good := saysWith(goodReply, "stop", map[string]int{"total_tokens": 321, "prompt_tokens": 300, "completion_tokens": 21})
			answers := slices.Concat(test.faults, []http.HandlerFunc{good})
			p, s := serve(t, Options{Model: "m", MaxTokens: 1000, Timeout: 200 * time.Millisecond}, answers...)
			c, costs := billed()
			if _, err := p.Propose(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if len(s.requests) != len(answers) {
				t.Errorf("%d requests, want %d", len(s.requests), len(answers))
			}
			if costs.sum.TokensOut != 21+1000*test.paid || costs.sum.TokensIn < 300+promptAtLeast*test.paid || test.paid == 0 && costs.sum.TokensIn != 300 {
				t.Errorf("cost %+v, of which %d faulty requests", costs.sum, test.paid)
			}
		})
	}
}

func TestLLMReadsInvalidUTF8(t *testing.T) {
	p, _ := serve(t, Options{Model: "m"}, withInvalidUTF8())
	got, err := p.Propose(t.Context(), asked())
	if err != nil || !strings.Contains(got.Hypothesis, "caf\uFFFD") || !strings.HasPrefix(got.Edits[0].Replace, "package main // \uFFFD") {
		t.Errorf("%+v, %v", got, err)
	}
}

// A page in an answer's place stops at once where nothing else was ever
// answered, and passes where the endpoint has shown that it can do better.
func TestLLMWaitsForAnEndpointThatCouldAnswer(t *testing.T) {
	p, s := serve(t, Options{Model: "m"}, says(goodReply), raw("<html>Maintenance</html>"), says(goodReply))
	for range 2 {
		if _, err := p.Propose(t.Context(), asked()); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.requests) != 3 {
		t.Errorf("%d requests", len(s.requests))
	}
}

func TestLLMCapsAnAnswer(t *testing.T) {
	p, _ := serve(t, Options{Model: "m", MaxTokens: 1000}, func(w http.ResponseWriter, _ *http.Request) {
		out := bufio.NewWriter(w)
		_, _ = out.WriteString(`{"choices":[{"message":{"content":"`)
		for range 10 << 10 {
			_, _ = out.WriteString(strings.Repeat("a", 1<<10)) // 10 MiB; the client hangs up before.
		}
		_, _ = out.WriteString(`"}}]}`)
		_ = out.Flush()
	})
	c, costs := billed()
	_, err := p.Propose(t.Context(), c)
	var reply *ReplyError
	if !errors.As(err, &reply) || !strings.Contains(err.Error(), "longer than 8 MiB; answer with one small edit") || costs.sum.TokensOut != 1000 {
		t.Errorf("%v, cost %+v", err, costs.sum)
	}
}

// What a request can cost is counted before it is sent, and corrected after it:
// what stands at any time is at least what was spent.
func TestLLMCountsInAdvance(t *testing.T) {
	free := Price{In: 2, Out: 8}
	p, s := serve(t, Options{Model: "m", MaxTokens: 1000, Price: &free}, saysWith(goodReply, "stop", map[string]int{"total_tokens": 600, "prompt_tokens": 500, "completion_tokens": 100}))
	c, costs := billed()
	if _, err := p.Propose(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if len(costs.steps) != 2 || costs.steps[0].TokensOut != 1000 || costs.steps[1].TokensOut != -900 {
		t.Errorf("steps %+v", costs.steps)
	}
	if got, want := fmt.Sprintf("%.6f", costs.sum.USD), "0.001800"; got != want || costs.sum.TokensIn != 500 {
		t.Errorf("cost %+v, want $%s", costs.sum, want)
	}
	costs.limit = 1500
	if _, err := p.Propose(t.Context(), c); !errors.Is(err, errNotAfforded) || len(s.requests) != 1 {
		t.Errorf("%d requests, %v", len(s.requests), err)
	}
}

func TestLLMWithoutUsageCountsTheMost(t *testing.T) {
	p, _ := serve(t, Options{Model: "m", MaxTokens: 1000}, says(goodReply))
	c, costs := billed()
	if _, err := p.Propose(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if costs.sum.TokensOut != 1000 || costs.sum.TokensIn == 0 || len(costs.steps) != 1 || costs.sum.USD.Valid() {
		t.Errorf("cost %+v in %d steps", costs.sum, len(costs.steps))
	}
}

func TestLLMThatIsNeverReachedCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := New(LLM, Options{BaseURL: "http://there/v1", Model: "m", Client: &http.Client{Transport: downFor(time.Hour, "")}})
		if err != nil {
			t.Fatal(err)
		}
		c, costs := billed()
		if _, err := p.Propose(t.Context(), c); !errors.Is(err, ErrSetup) || costs.sum.TokensIn != 0 || costs.sum.TokensOut != 0 || len(costs.steps) != 2 {
			t.Errorf("%v, cost %+v in %d steps", err, costs.sum, len(costs.steps))
		}
	})
}

func TestFallbackStandsInWhileTheEndpointIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		completion := `{"choices":[{"message":{"content":"` + strings.NewReplacer("\n", `\n`, `"`, `\"`, `\`, `\\`).Replace(goodReply) + `"}}]}`
		started := time.Now()
		answer := roundTrip(func(*http.Request) (*http.Response, error) {
			requests++
			if down := time.Since(started); down > time.Hour && down < 2*time.Hour {
				return nil, errors.New("connection refused")
			}
			return respond(200, completion)
		})
		p, err := New(LLM, Options{BaseURL: "http://there/v1", Model: "m", Fallback: TPE, Patience: time.Hour, Client: &http.Client{Transport: answer}})
		if err != nil {
			t.Fatal(err)
		}
		who := ""
		for range 140 { // A minute's experiment each.
			got, err := p.Propose(t.Context(), asked())
			if err != nil {
				t.Fatal(err)
			}
			if letter := map[string]string{"": "l", TPE: "t"}[got.Proposer]; !strings.HasSuffix(who, letter) {
				who += letter
			}
			time.Sleep(time.Minute)
		}
		if who != "ltl" || p.Name() != "llm m" {
			t.Errorf("%s proposed %s", p.Name(), who)
		}
		if requests > 110 { // 61 before, some at first, 1, 2, 4, 8, 15, … minutes apart, and those after.
			t.Errorf("the endpoint was asked %d times", requests)
		}
	})
}

func TestFallbackDoesNotHideAWrongKey(t *testing.T) {
	p, err := New(LLM, Options{BaseURL: "http://there/v1", Model: "m", Fallback: TPE, Client: &http.Client{
		Transport: roundTrip(func(*http.Request) (*http.Response, error) { return respond(401, "expired") }),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Propose(t.Context(), asked()); !errors.Is(err, ErrSetup) {
		t.Error(err)
	}
	if _, err := New(LLM, Options{BaseURL: "http://there/v1", Fallback: "magic"}); err == nil || !strings.Contains(err.Error(), "there are gp, tpe and random") {
		t.Error(err)
	}
}

func TestListPrice(t *testing.T) {
	const openAI = "https://api.openai.com/v1"
	for _, test := range []struct{ url, model, want string }{
		{openAI, "gpt-4.1", "$2 in, $8 out per million tokens"},
		{openAI, "gpt-4.1-2025-04-14", "$2 in, $8 out per million tokens"},
		{openAI, "gpt-4.1-mini", "$0.4 in, $1.6 out per million tokens"},
		{openAI, "gpt-99", "unknown"},
		{openAI, "", "unknown"},
		{"http://localhost:8080/v1", "gpt-4.1", "unknown"},
	} {
		price, read, err := ListPrice(test.url, test.model)
		if err != nil || price.String() != test.want || (read != "") != price.Known() {
			t.Errorf("%s at %s: %s, %q, %v", test.model, test.url, price, read, err)
		}
	}
}
