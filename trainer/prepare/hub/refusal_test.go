package hub_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare/hub"
	"github.com/ternlab/ternlab/trainer/prepare/hub/hubtest"
)

// The hub says when to come back; the client does, and no more than it must.
func TestWaitsWhenTheHubIsBusy(t *testing.T) {
	server := newServer(t)
	var requests atomic.Int32
	server.Before = func(w http.ResponseWriter, _ *http.Request) bool {
		if n := requests.Add(1); n <= 2 {
			busy("0")(w)
			return true
		}
		return false
	}
	client := newClient(t, server.URL, "")
	if _, _, err := client.Resolve(t.Context(), hub.Model, owl, "main"); err != nil {
		t.Fatal(err)
	}
	if requests.Load() != 3 {
		t.Errorf("%d requests, want 3", requests.Load())
	}
}

func TestPatienceIsBounded(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter)
		want   int32
	}{
		"busy":        {busy("0"), 5},
		"a long wait": {busy("86400"), 1},
		"a far date":  {busy("Fri, 31 Dec 2100 23:59:59 GMT"), 1},
		"trouble":     {fail(500, ""), 5},
		"forbidden":   {fail(403, ""), 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := newServer(t)
			file := describe(t, newClient(t, server.URL, ""), "model.safetensors")
			var requests atomic.Int32
			server.Before = func(w http.ResponseWriter, _ *http.Request) bool {
				requests.Add(1)
				test.answer(w)
				return true
			}
			client := newClient(t, server.URL, "")
			if err := client.Fetch(t.Context(), file, filepath.Join(t.TempDir(), "m"), ignore); err == nil {
				t.Error("no error")
			}
			if requests.Load() != test.want {
				t.Errorf("%d requests, want %d", requests.Load(), test.want)
			}
		})
	}
}

func TestConnectionThatNeverGetsFurther(t *testing.T) {
	server := newServer(t)
	server.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		r.Header.Del("Range") // so that each try starts anew, and ends at the same place
		return false
	}
	server.CutAfter = func(string) int { return 1000 }
	client := newClient(t, server.URL, "")
	path := filepath.Join(t.TempDir(), "model.safetensors")
	err := client.Fetch(t.Context(), describe(t, client, "model.safetensors"), path, ignore)
	if err == nil || !strings.Contains(err.Error(), "run the same command again") {
		t.Errorf("error %v, want one that says to go on", err)
	}
}

func TestDescribeRefuses(t *testing.T) {
	for name, change := range map[string]func(http.Header){
		"another commit":  func(h http.Header) { h.Set("X-Repo-Commit", "other") },
		"no checksum":     func(h http.Header) { h.Set("X-Linked-Etag", `W/"abc"`) },
		"a negative size": func(h http.Header) { h.Set("X-Linked-Size", "-1") },
	} {
		t.Run(name, func(t *testing.T) {
			server := newServer(t)
			server.Before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodHead {
					return false
				}
				w.Header().Set("X-Repo-Commit", commit)
				w.Header().Set("X-Linked-Size", "12")
				w.Header().Set("X-Linked-Etag", strings.Repeat("a", 64))
				change(w.Header())
				w.WriteHeader(http.StatusOK)
				return true
			}
			client := newClient(t, server.URL, "")
			repository := hub.Repository{Kind: hub.Model, ID: owl, Commit: commit}
			if file, err := client.Describe(t.Context(), repository, "config.json"); err == nil {
				t.Errorf("accepted as %+v", file)
			}
		})
	}
	client := newClient(t, newServer(t).URL, "")
	_, err := client.Describe(t.Context(), hub.Repository{Kind: hub.Model, ID: owl, Commit: commit}, "missing.json")
	if !errors.Is(err, hub.ErrNotFound) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("error %v, want that there is no such file", err)
	}
}

func TestResolveRefusesNamesOutsideTheFolder(t *testing.T) {
	for _, name := range []string{"/etc/passwd", "../up", "a/../../b", "./x"} {
		server := hubtest.New(t, hubtest.Repository{Path: owl, Commit: commit, Files: map[string][]byte{name: nil}})
		if _, _, err := newClient(t, server.URL, "").Resolve(t.Context(), hub.Model, owl, "main"); err == nil {
			t.Errorf("accepted a file named %q", name)
		}
	}
}

func TestNewClientRefuses(t *testing.T) {
	for _, endpoint := range []string{"huggingface.co", "ftp://hub", "http://", "://"} {
		if _, err := hub.NewClient(endpoint, ""); err == nil || !strings.Contains(err.Error(), "HF_ENDPOINT") {
			t.Errorf("endpoint %q: error %v", endpoint, err)
		}
	}
	if _, err := hub.NewClient("", ""); err != nil {
		t.Error(err)
	}
}

func TestInterruptedFetchKeepsWhatItHas(t *testing.T) {
	server := newServer(t)
	client := newClient(t, server.URL, "")
	file, path := describe(t, client, "model.safetensors"), filepath.Join(t.TempDir(), "model.safetensors")
	ctx, cancel := context.WithCancel(t.Context())
	err := client.Fetch(ctx, file, path, func(done int64) {
		if done > 300_000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want that it was interrupted", err)
	}
	part, err := os.Stat(path + ".part")
	if err != nil || part.Size() <= 300_000 {
		t.Fatalf("partial file %v, error %v", part, err)
	}
	if err := client.Fetch(t.Context(), file, path, ignore); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, weights())
	requests := server.Requests()
	if got, want := requests[len(requests)-1].Range, fmt.Sprintf("bytes=%d-", part.Size()); got != want {
		t.Errorf("the rest was asked for as %q, want %q", got, want)
	}
}

func TestFolderThatCannotBeMade(t *testing.T) {
	server := newServer(t)
	client := newClient(t, server.URL, "")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	err := client.Fetch(t.Context(), describe(t, client, "model.safetensors"), filepath.Join(file, "m"), ignore)
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v, want one that names %s", err, file)
	}
}
