package hub_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare/hub"
	"github.com/ternlab/ternlab/trainer/prepare/hub/hubtest"
)

func TestErrorsSayWhatToDo(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for _, test := range []struct {
		name, token, id, revision string
		answer                    func(w http.ResponseWriter) // nil: the hub's own
		endpoint                  string
		kind                      error
		want                      []string
	}{
		{name: "no network", endpoint: closed.URL, kind: hub.ErrOffline, want: []string{"check the network", "HF_ENDPOINT", "--train-text"}},
		{name: "wrong revision", revision: "v9", kind: hub.ErrNotFound, want: []string{`no revision "v9"`, owl + "/commits/main"}},
		{name: "no such repository", id: "nest/cuckoo", kind: hub.ErrNotFound, want: []string{"nest/cuckoo may not exist", "HF_TOKEN"}},
		{name: "gated", answer: fail(403, "GatedRepo"), kind: hub.ErrNoAccess, want: []string{"accept its terms at", "HF_TOKEN", "/settings/tokens"}},
		{name: "gated, no token", answer: fail(401, "GatedRepo"), kind: hub.ErrNoAccess, want: []string{"accept its terms at"}},
		{name: "bad token", token: "hf_old", answer: fail(401, ""), kind: hub.ErrNoAccess, want: []string{"HF_TOKEN isn't valid"}},
		{name: "not found", answer: fail(404, ""), kind: hub.ErrNotFound, want: []string{owl + " may not exist"}},
		{name: "too many requests", answer: busy("0"), kind: hub.ErrBusy, want: []string{"429", "in a while"}},
		{name: "a long wait", answer: busy("3600"), kind: hub.ErrBusy, want: []string{"wait for 1h0m0s", "HF_TOKEN"}},
		{name: "trouble", answer: fail(503, ""), kind: hub.ErrBusy, want: []string{"503", "in a while"}},
		{name: "not a hub", answer: func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, want: []string{"HF_ENDPOINT"}},
		{name: "an empty answer", answer: func(w http.ResponseWriter) { _, _ = w.Write([]byte("{}")) }, want: []string{"HF_ENDPOINT"}},
		{name: "a teapot", answer: fail(418, ""), want: []string{"HF_ENDPOINT"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newServer(t)
			if test.answer != nil {
				server.Before = func(w http.ResponseWriter, _ *http.Request) bool { test.answer(w); return true }
			}
			client := newClient(t, orElse(test.endpoint, server.URL), test.token)
			_, _, err := client.Resolve(t.Context(), hub.Model, orElse(test.id, owl), orElse(test.revision, "main"))
			if err == nil || test.kind != nil && !errors.Is(err, test.kind) {
				t.Fatalf("error %v, want one of kind %v", err, test.kind)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q doesn't say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
		})
	}
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func fail(status int, code string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { hubtest.Fail(w, status, code) }
}

func busy(after string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", after)
		hubtest.Fail(w, http.StatusTooManyRequests, "")
	}
}
