package proposer

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
		patience time.Duration
		min, max time.Duration // How long the proposal takes.
		setup    bool
		want     string
	}{
		{"retry after seconds", once(busy("Retry-After", "37"), completion), 0, 37 * time.Second, 38 * time.Second, false, ""},
		{"usual wait", once(busy(), completion), 0, 500 * time.Millisecond, 1500 * time.Millisecond, false, ""},
		{"bounded", busy(), 5 * time.Minute, 3 * time.Minute, 5 * time.Minute, false, "gave up after"},
		{"asked to wait beyond its patience", busy("Retry-After", "3600"), 0, 0, time.Second, false, "retry after 1h0m0s"},
		{"an hour down", downFor(time.Hour, completion), 90 * time.Minute, time.Hour, 62 * time.Minute, false, ""},
		{"down for longer", downFor(time.Hour, completion), 30 * time.Minute, 28 * time.Minute, 31 * time.Minute, true, "nothing answers at http://there/v1 (gave up after"},
		{"never there", downFor(time.Hour, completion), 0, 30 * time.Second, 80 * time.Second, true, "nothing answers at http://there/v1"},
		{"hangs once", once(hangs, completion), 0, time.Minute, 62 * time.Second, false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := New(LLM, Options{
					BaseURL: "http://there/v1", Model: "m", Patience: test.patience, Timeout: time.Minute, Client: &http.Client{Transport: test.answer},
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

// downFor refuses connections for a while.
func downFor(while time.Duration, completion string) roundTrip {
	var first time.Time
	return func(*http.Request) (*http.Response, error) {
		if first.IsZero() {
			first = time.Now()
		}
		if time.Since(first) < while {
			return nil, errors.New("connection refused")
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
