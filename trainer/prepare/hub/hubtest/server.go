package hubtest

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"
)

// Repository is what the server has at one commit.
type Repository struct {
	Path   string // as in addresses: owner/name, or datasets/owner/name
	Commit string // what the branch main stands for
	Files  map[string][]byte
}

// large files are redirected to the other host and known by their SHA-256.
func large(name string) bool {
	return path.Ext(name) == ".safetensors" || path.Ext(name) == ".parquet"
}

// Request is what the server was asked.
type Request struct {
	Method, Path, Range, Authorization string
	Storage                            bool // of the host that large files come from
	Sent                               int  // bytes of the answer's body
}

// Server is a hub. Its address is URL.
type Server struct {
	URL string
	// Before sees each request first; when it returns true it has answered.
	Before func(w http.ResponseWriter, r *http.Request) bool
	// Change alters a large file's content as it is sent, or leaves it.
	Change func(name string, content []byte) []byte
	// CutAfter breaks the connection after so many bytes of a file, when it
	// returns more than 0.
	CutAfter func(name string) int

	repositories []Repository
	storage      *httptest.Server
	mutex        sync.Mutex
	requests     []*Request
}

// New starts a hub that ends with the test.
func New(tb testing.TB, repositories ...Repository) *Server {
	tb.Helper()
	s := &Server{repositories: repositories}
	s.storage = httptest.NewServer(s.logged(true, s.serveStorage))
	tb.Cleanup(s.storage.Close)
	front := httptest.NewServer(s.logged(false, s.serveFront))
	tb.Cleanup(front.Close)
	s.URL = front.URL
	return s
}

// Requests are those so far.
func (s *Server) Requests() []Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var requests []Request
	for _, request := range s.requests {
		requests = append(requests, *request)
	}
	return requests
}

// logged notes each request before it is answered, and each byte before it is
// sent: what a client has seen is always counted.
func (s *Server) logged(storage bool, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		request := &Request{
			Method: r.Method, Path: r.URL.Path, Range: r.Header.Get("Range"),
			Storage: storage, Authorization: r.Header.Get("Authorization"),
		}
		s.mutex.Lock()
		s.requests = append(s.requests, request)
		s.mutex.Unlock()
		counted := &counter{w, func(n int) {
			s.mutex.Lock()
			defer s.mutex.Unlock()
			request.Sent += n
		}}
		if s.Before == nil || !s.Before(counted, r) {
			next(counted, r)
		}
	}
}

// serveFront answers for the host that describes repositories.
func (s *Server) serveFront(w http.ResponseWriter, r *http.Request) {
	for _, repository := range s.repositories {
		kind, id, isData := strings.Cut(repository.Path, "/")
		if !isData || kind != "datasets" {
			kind, id = "models", repository.Path
		}
		if revision, ok := strings.CutPrefix(r.URL.Path, "/api/"+kind+"/"+id+"/revision/"); ok {
			repository.describe(w, revision)
			return
		}
		if rest, ok := strings.CutPrefix(r.URL.Path, "/"+repository.Path+"/resolve/"); ok {
			revision, name, _ := strings.Cut(rest, "/")
			s.resolve(w, r, repository, revision, name)
			return
		}
		if rest, ok := strings.CutPrefix(r.URL.Path, "/api/resolve-cache/"+repository.Path+"/"); ok {
			commit, name, _ := strings.Cut(rest, "/")
			s.send(w, r, repository, commit, name)
			return
		}
	}
	Fail(w, http.StatusUnauthorized, "RepoNotFound") // what the hub says to those without a token
}

// Fail answers with an error as the hub does.
func Fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", "some words")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"error":"some words"}`))
}

// describe answers what a revision holds. The card has a list of licenses, as
// some data sets' cards do.
func (r Repository) describe(w http.ResponseWriter, revision string) {
	if revision != "main" && revision != r.Commit {
		Fail(w, http.StatusNotFound, "RevisionNotFound")
		return
	}
	siblings := []map[string]string{}
	for name := range r.Files {
		siblings = append(siblings, map[string]string{"rfilename": name})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": r.Path, "sha": r.Commit, "siblings": siblings, "gated": false,
		"cardData": map[string]any{"license": []string{"cc-by-sa-3.0", "gfdl"}},
	})
}

// resolve redirects: large files to the other host with a signed address, small
// ones to another path.
func (s *Server) resolve(w http.ResponseWriter, r *http.Request, repository Repository, revision, name string) {
	content, found := repository.Files[name]
	switch {
	case revision != "main" && revision != repository.Commit:
		Fail(w, http.StatusNotFound, "RevisionNotFound")
		return
	case !found:
		Fail(w, http.StatusNotFound, "EntryNotFound")
		return
	}
	w.Header().Set("X-Repo-Commit", repository.Commit)
	w.Header().Set("X-Linked-Size", fmt.Sprint(len(content)))
	w.Header().Set("X-Linked-Etag", etag(name, content))
	if large(name) {
		address := s.storage.URL + "/" + repository.Path + "/" + repository.Commit + "/" + name + "?signature=ok"
		http.Redirect(w, r, address, http.StatusFound)
		return
	}
	http.Redirect(w, r, "/api/resolve-cache/"+repository.Path+"/"+repository.Commit+"/"+name, http.StatusTemporaryRedirect)
}

// etag is the SHA-256 of a large file and the git blob's SHA-1 of a small one.
func etag(name string, content []byte) string {
	if large(name) {
		return fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(content)))
	}
	blob := append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...)
	return fmt.Sprintf("%q", fmt.Sprintf("%x", sha1.Sum(blob)))
}

// serveStorage answers for the host that large files come from, which refuses
// tokens, as signed addresses do.
func (s *Server) serveStorage(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" || r.URL.Query().Get("signature") != "ok" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, repository := range s.repositories {
		if rest, ok := strings.CutPrefix(r.URL.Path, "/"+repository.Path+"/"); ok {
			commit, name, _ := strings.Cut(rest, "/")
			s.send(w, r, repository, commit, name)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

// send sends a file, or the range of it that is asked for.
func (s *Server) send(w http.ResponseWriter, r *http.Request, repository Repository, commit, name string) {
	content, found := repository.Files[name]
	if !found || commit != repository.Commit {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("ETag", etag(name, content))
	w.Header().Set("X-Repo-Commit", repository.Commit)
	if s.Change != nil {
		content = s.Change(name, bytes.Clone(content))
	}
	if s.CutAfter != nil && r.Method == http.MethodGet {
		if left := s.CutAfter(name); left > 0 {
			w = &cutter{w, left}
		}
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}
