package hub_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ternlab/ternlab/trainer/prepare/hub"
	"github.com/ternlab/ternlab/trainer/prepare/hub/hubtest"
)

const (
	owl    = "nest/owl"
	commit = "0123456789abcdef0123456789abcdef01234567"
)

// weights are the content of the large file in the fixture.
func weights() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, 1<<20)
	for i := range content {
		content[i] = byte(random.Uint32())
	}
	return content
}

func newServer(t *testing.T) *hubtest.Server {
	t.Helper()
	return hubtest.New(t,
		hubtest.Repository{Path: owl, Commit: commit, Files: map[string][]byte{
			"config.json": []byte("{}\n"), "model.safetensors": weights(),
		}},
		hubtest.Repository{Path: "datasets/nest/tales", Commit: commit, Files: map[string][]byte{
			"data/train-00000-of-00001.parquet": []byte("PAR1"),
		}},
	)
}

func newClient(t *testing.T, endpoint, token string) *hub.Client {
	t.Helper()
	client, err := hub.NewClient(endpoint, token)
	if err != nil {
		t.Fatal(err)
	}
	client.Pause = time.Millisecond
	return client
}

func describe(t *testing.T, client *hub.Client, name string) hub.File {
	t.Helper()
	repository, _, err := client.Resolve(t.Context(), hub.Model, owl, "main")
	if err != nil {
		t.Fatal(err)
	}
	file, err := client.Describe(t.Context(), repository, name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func ignore(int64) {}

// sent adds up the bytes that the large file's host sent.
func sent(server *hubtest.Server) int {
	total := 0
	for _, request := range server.Requests() {
		if request.Storage {
			total += request.Sent
		}
	}
	return total
}

func wantContent(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes that differ from the %d of the hub", path, len(got), len(want))
	}
	if _, err := os.Stat(path + ".part"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the partial file is still there: %v", err)
	}
}

func TestResolve(t *testing.T) {
	client := newClient(t, newServer(t).URL+"/", "")
	repository, names, err := client.Resolve(t.Context(), hub.Model, owl, "main")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if want := (hub.Repository{Kind: hub.Model, ID: owl, Commit: commit}); repository != want {
		t.Errorf("got %v, want %v", repository, want)
	}
	if !slices.Equal(names, []string{"config.json", "model.safetensors"}) {
		t.Errorf("files %v", names)
	}
	tales, names, err := client.Resolve(t.Context(), hub.Dataset, "nest/tales", commit)
	if err != nil || len(names) != 1 {
		t.Fatalf("files %v, error %v", names, err)
	}
	if file, err := client.Describe(t.Context(), tales, names[0]); err != nil || file.Size != 4 || len(file.Checksum) != 64 {
		t.Errorf("%+v, error %v", file, err)
	}
}

func TestFetchFollowsRedirectsAndKeepsTheTokenHome(t *testing.T) {
	server := newServer(t)
	client := newClient(t, server.URL, "hf_secret")
	folder := t.TempDir()
	var reported int64
	for name, want := range map[string][]byte{"model.safetensors": weights(), "config.json": []byte("{}\n")} {
		path := filepath.Join(folder, "deep", name)
		if err := client.Fetch(t.Context(), describe(t, client, name), path, func(done int64) { reported = done }); err != nil {
			t.Fatal(err)
		}
		wantContent(t, path, want)
		if reported != int64(len(want)) {
			t.Errorf("%s: reported %d bytes of %d", name, reported, len(want))
		}
	}
	for _, request := range server.Requests() {
		if (request.Authorization == "Bearer hf_secret") == request.Storage {
			t.Errorf("%s %s: authorization %q, other host: %v", request.Method, request.Path, request.Authorization, request.Storage)
		}
	}
}

func TestFetchKeepsAWholeFile(t *testing.T) {
	server := newServer(t)
	client := newClient(t, server.URL, "")
	file, path := describe(t, client, "model.safetensors"), filepath.Join(t.TempDir(), "model.safetensors")
	for range 2 {
		if err := client.Fetch(t.Context(), file, path, ignore); err != nil {
			t.Fatal(err)
		}
	}
	if got := sent(server); got != len(weights()) {
		t.Errorf("the hub sent %d bytes for a file of %d", got, len(weights()))
	}
}

// A connection that breaks is gone on with, and nothing is fetched twice.
func TestCutDownloadGoesOn(t *testing.T) {
	server := newServer(t)
	var cuts atomic.Int32
	server.CutAfter = func(string) int {
		if cuts.Add(1) > 7 {
			return 0
		}
		return 100_000
	}
	client := newClient(t, server.URL, "")
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := client.Fetch(t.Context(), describe(t, client, "model.safetensors"), path, ignore); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, weights())
	if got := sent(server); got != len(weights()) || cuts.Load() != 8 {
		t.Errorf("the hub sent %d bytes in %d answers, want %d in 8", got, cuts.Load(), len(weights()))
	}
}

// A download that was given up is gone on with by the next command.
func TestFetchGoesOnFromAPartialFile(t *testing.T) {
	server := newServer(t)
	client := newClient(t, server.URL, "")
	path := filepath.Join(t.TempDir(), "model.safetensors")
	const there = 700_000
	if err := os.WriteFile(path+".part", weights()[:there], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := client.Fetch(t.Context(), describe(t, client, "model.safetensors"), path, ignore); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, weights())
	if got := sent(server); got != len(weights())-there {
		t.Errorf("the hub sent %d bytes, want the missing %d", got, len(weights())-there)
	}
}

func TestServerWithoutRanges(t *testing.T) {
	server := newServer(t)
	server.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		r.Header.Del("Range")
		return false
	}
	client := newClient(t, server.URL, "")
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path+".part", weights()[:1000], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := client.Fetch(t.Context(), describe(t, client, "model.safetensors"), path, ignore); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, weights())
}

func TestCorruptedFileIsFetchedAgainOnce(t *testing.T) {
	for _, test := range []struct {
		name    string
		corrupt int32 // answers with a wrong byte
		good    bool
	}{{"once", 1, true}, {"always", 100, false}} {
		t.Run(test.name, func(t *testing.T) {
			server := newServer(t)
			var answers atomic.Int32
			server.Change = func(name string, content []byte) []byte {
				if name == "model.safetensors" && answers.Add(1) <= test.corrupt {
					content[5000]++
				}
				return content
			}
			client := newClient(t, server.URL, "")
			path := filepath.Join(t.TempDir(), "model.safetensors")
			err := client.Fetch(t.Context(), describe(t, client, "model.safetensors"), path, ignore)
			if test.good {
				if err != nil {
					t.Fatal(err)
				}
				wantContent(t, path, weights())
				return
			}
			if !errors.Is(err, hub.ErrChecksum) || answers.Load() != 2 {
				t.Errorf("error %v after %d answers, want a wrong checksum after 2", err, answers.Load())
			}
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the corrupted file was kept: %v", err)
			}
		})
	}
}

func TestStalledConnectionIsGivenUp(t *testing.T) {
	server := newServer(t)
	var stalls atomic.Int32
	server.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("signature") == "" || stalls.Add(1) > 1 {
			return false
		}
		w.Header().Set("Content-Length", "1048576")
		_, _ = w.Write(weights()[:50_000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // silence, until the client goes away
		return true
	}
	client := newClient(t, server.URL, "")
	client.Stall = 200 * time.Millisecond
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := client.Fetch(t.Context(), describe(t, client, "model.safetensors"), path, ignore); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, weights())
}
