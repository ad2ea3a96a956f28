package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"

	gohub "github.com/gomlx/go-huggingface/hub"
)

// Kinds of repositories.
const (
	Model   = gohub.RepoTypeModel
	Dataset = gohub.RepoTypeDataset
)

// maxAnswer bounds the description of a repository, in bytes.
const maxAnswer = 64 << 20

// Repository is a repository at one commit.
type Repository struct {
	Kind   gohub.RepoType `json:"kind"`
	ID     string         `json:"id"` // owner/name
	Commit string         `json:"commit"`
}

// File is a file of a repository: its content is wholly determined.
type File struct {
	Repository
	Name     string `json:"name"`     // path within the repository
	Size     int64  `json:"size"`     // bytes
	Checksum string `json:"checksum"` // SHA-256 of the content (64 digits) or SHA-1 of the git blob (40)
}

// Resolve finds the commit that a revision (branch, tag or commit) stands for,
// and the names of the files there.
func (c *Client) Resolve(ctx context.Context, kind gohub.RepoType, id, revision string) (Repository, []string, error) {
	address := fmt.Sprintf("%s/api/%s/%s/revision/%s", c.endpoint, kind, id, url.PathEscape(revision))
	var info struct {
		Commit   string           `json:"sha"`
		Siblings []gohub.FileInfo `json:"siblings"`
	}
	err := c.retry(ctx, func() (bool, error) { return false, c.getJSON(ctx, address, &info) })
	if err == nil && info.Commit == "" {
		err = errors.New("the answer names no commit; is HF_ENDPOINT the address of a hub? It is " + c.endpoint)
	}
	if err != nil {
		return Repository{}, nil, fmt.Errorf("look up %s: %w", id, c.explain(err, id, revision))
	}
	var names []string
	for _, file := range info.Siblings {
		if path.IsAbs(file.Name) || path.Clean(file.Name) != file.Name || strings.HasPrefix(file.Name, "..") {
			return Repository{}, nil, fmt.Errorf("look up %s: %q is no name of a file", id, file.Name)
		}
		names = append(names, file.Name)
	}
	return Repository{Kind: kind, ID: id, Commit: info.Commit}, names, nil
}

func (c *Client) getJSON(ctx context.Context, address string, value any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := c.do(request, http.StatusOK)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return &networkError{err}
	}
	if err := json.Unmarshal(answer, value); err != nil {
		return fmt.Errorf("parse the hub's answer: %w; is HF_ENDPOINT the address of a hub? It is %s", err, c.endpoint)
	}
	return nil
}

// Describe asks for the size and the checksum of a file.
func (c *Client) Describe(ctx context.Context, repository Repository, name string) (File, error) {
	file := File{Repository: repository, Name: name}
	err := c.retry(ctx, func() (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, c.address(file), nil)
		if err != nil {
			return false, err
		}
		response, err := c.do(request, http.StatusOK, http.StatusFound, http.StatusTemporaryRedirect,
			http.StatusMovedPermanently, http.StatusSeeOther, http.StatusPermanentRedirect)
		if err != nil {
			return false, err
		}
		_ = response.Body.Close()
		return false, file.readHeader(response)
	})
	if err != nil {
		return File{}, fmt.Errorf("look up %s of %s: %w", name, repository.ID, c.explain(err, repository.ID, repository.Commit))
	}
	return file, nil
}

// address of a file's content.
func (c *Client) address(file File) string {
	folder := ""
	if file.Kind != Model {
		folder = "/" + string(file.Kind)
	}
	name := (&url.URL{Path: file.Name}).EscapedPath()
	return fmt.Sprintf("%s%s/%s/resolve/%s/%s", c.endpoint, folder, file.ID, file.Commit, name)
}

// readHeader takes size and checksum from an answer about the file.
func (f *File) readHeader(response *http.Response) error {
	header := response.Header
	if commit := header.Get(gohub.HeaderXRepoCommit); commit != "" && commit != f.Commit {
		return fmt.Errorf("the hub answers for commit %s, not %s", commit, f.Commit)
	}
	etag := header.Get(gohub.HeaderXLinkedETag)
	if etag == "" {
		etag = header.Get("ETag")
	}
	f.Size = response.ContentLength
	if linked, err := strconv.ParseInt(header.Get(gohub.HeaderXLinkedSize), 10, 64); err == nil {
		f.Size = linked
	}
	if f.Size < 0 {
		return errors.New("the hub gives no size for it")
	}
	f.Checksum = strings.ToLower(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`))
	if !isChecksum(f.Checksum) {
		return fmt.Errorf("the hub gives no checksum for it (ETag %q)", etag)
	}
	return nil
}

func isChecksum(text string) bool {
	return regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`).MatchString(text)
}
