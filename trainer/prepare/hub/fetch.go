package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// partSuffix marks a file that isn't whole yet.
const partSuffix = ".part"

// Fetched is the number of bytes of a file that Fetch has put at path so far.
func Fetched(path string) int64 {
	for _, name := range []string{path, path + partSuffix} {
		if information, err := os.Stat(name); err == nil {
			return information.Size()
		}
	}
	return 0
}

// Fetch makes path hold the file. What is there and whole is kept; what an
// earlier try left in path + ".part" is gone on with. A file with the wrong
// checksum is fetched once more from the start. Report is called with the
// number of bytes that are there.
func (c *Client) Fetch(ctx context.Context, file File, path string, report func(done int64)) error {
	err := c.fetch(ctx, file, path, report)
	if err != nil {
		return fmt.Errorf("fetch %s of %s: %w", file.Name, file.ID, c.explain(err, file.ID, file.Commit))
	}
	return nil
}

func (c *Client) fetch(ctx context.Context, file File, path string, report func(done int64)) error {
	if file.verify(path) == nil {
		report(file.Size)
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	part := path + partSuffix
	for range 2 {
		if err := c.download(ctx, file, part, report); err != nil {
			return err
		}
		err := file.verify(part)
		if err == nil {
			return os.Rename(part, path)
		}
		if !errors.Is(err, ErrChecksum) {
			return err
		}
		if err := os.Remove(part); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w, twice; a proxy or a mirror may alter files: try another network or HF_ENDPOINT", ErrChecksum)
}

// download fills the part up to the file's size.
func (c *Client) download(ctx context.Context, file File, part string, report func(done int64)) error {
	target, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = target.Close() }()
	information, err := target.Stat()
	if err != nil {
		return err
	}
	sink := &sink{file: target, size: information.Size(), limit: file.Size, report: report}
	if sink.size > sink.limit {
		if err := sink.restart(); err != nil {
			return err
		}
	}
	err = c.retry(ctx, func() (bool, error) {
		before := sink.size
		err := c.get(ctx, file, sink)
		return sink.size > before, err
	})
	if err != nil {
		return err
	}
	return target.Sync()
}

// get appends the rest of the file to the sink.
func (c *Client) get(ctx context.Context, file File, sink *sink) error {
	if sink.report(sink.size); sink.size == sink.limit {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address(file), nil)
	if err != nil {
		return err
	}
	if sink.size > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", sink.size))
	}
	response, err := c.do(request, http.StatusOK, http.StatusPartialContent)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	part := response.Header.Get("Content-Range")
	switch {
	case response.StatusCode == http.StatusOK: // the whole file, whatever was asked for
		if err := sink.restart(); err != nil {
			return err
		}
	case !strings.HasPrefix(part, fmt.Sprintf("bytes %d-", sink.size)):
		return fmt.Errorf("the server sent another part (%q) than was asked for", part)
	}
	return sink.fill(ctx, cancel, response.Body, c.Stall)
}

// sink is the file that a download goes to.
type sink struct {
	file   *os.File
	size   int64
	limit  int64 // size of the whole file
	report func(done int64)
}

func (s *sink) restart() error {
	if s.size == 0 {
		return nil
	}
	s.size = 0
	return s.file.Truncate(0)
}

// fill appends from the body until the file is whole.
func (s *sink) fill(ctx context.Context, cancel context.CancelCauseFunc, body io.Reader, stall time.Duration) error {
	watchdog := time.AfterFunc(stall, func() { cancel(errStalled) })
	defer watchdog.Stop()
	buffer := make([]byte, 128<<10)
	for {
		n, readErr := body.Read(buffer[:min(int64(len(buffer)), s.limit-s.size)])
		watchdog.Reset(stall)
		if _, err := s.file.Write(buffer[:n]); err != nil {
			return err
		}
		s.size += int64(n)
		s.report(s.size)
		switch {
		case s.size == s.limit:
			return nil
		case errors.Is(context.Cause(ctx), errStalled):
			return &networkError{errStalled}
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(readErr, io.EOF):
			return &networkError{errCut}
		case readErr != nil:
			return &networkError{fmt.Errorf("%w: %w", errCut, readErr)}
		}
	}
}

// verify compares a file on disk with what the hub said of it.
func (f File) verify(path string) error {
	content, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	sum := sha256.New()
	if len(f.Checksum) == 2*sha1.Size {
		sum = sha1.New()
		_, _ = fmt.Fprintf(sum, "blob %d\x00", f.Size) // as git does
	}
	size, err := io.Copy(sum, content)
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("%x", sum.Sum(nil)); size != f.Size || got != f.Checksum {
		return fmt.Errorf("%w: %d bytes with %s, want %d with %s", ErrChecksum, size, got, f.Size, f.Checksum)
	}
	return nil
}
