package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// What can go wrong with a hub; messages say what to do about it.
var (
	ErrOffline  = errors.New("the hub can't be reached")
	ErrNoAccess = errors.New("the hub refuses access")
	ErrNotFound = errors.New("the hub doesn't have it")
	ErrBusy     = errors.New("the hub is too busy")
	ErrChecksum = errors.New("the checksum is wrong")
	ErrDiskFull = errors.New("the disk is full")
)

var (
	errStalled = errors.New("no data came for a while")
	errCut     = errors.New("the connection was cut")
)

// networkError is a failure on the way to or from a server.
type networkError struct{ err error }

func (e *networkError) Error() string { return e.err.Error() }
func (e *networkError) Unwrap() error { return e.err }

// Is tells ErrOffline: no connection came about at all.
func (e *networkError) Is(target error) bool {
	var name *net.DNSError
	var operation *net.OpError
	return target == ErrOffline && (errors.As(e.err, &name) || errors.As(e.err, &operation) && operation.Op == "dial")
}

// statusError is an answer other than success.
type statusError struct {
	status     int
	code       string // X-Error-Code: GatedRepo, RepoNotFound, RevisionNotFound, EntryNotFound
	asksToWait bool
	retryAfter time.Duration
}

func newStatusError(response *http.Response) *statusError {
	e := &statusError{status: response.StatusCode, code: response.Header.Get("X-Error-Code")}
	after := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds >= 0 {
		e.asksToWait, e.retryAfter = true, time.Duration(min(seconds, 86400))*time.Second
	} else if date, err := http.ParseTime(after); err == nil {
		e.asksToWait, e.retryAfter = true, max(time.Until(date).Round(time.Second), 0)
	}
	return e
}

// As tells package backoff how long to wait.
func (e *statusError) As(target any) bool {
	wait, ok := target.(**backoff.RetryAfterError)
	if ok && e.asksToWait {
		*wait = &backoff.RetryAfterError{Duration: e.retryAfter}
	}
	return ok && e.asksToWait
}

func (e *statusError) Error() string {
	if e.code != "" {
		return fmt.Sprintf("status %d %s, %q", e.status, http.StatusText(e.status), e.code)
	}
	return fmt.Sprintf("status %d %s", e.status, http.StatusText(e.status))
}

// Is sorts statuses into the kinds of errors that this package has.
func (e *statusError) Is(target error) bool {
	switch {
	case e.code == "RepoNotFound" || e.status == http.StatusNotFound: // unknown names give 401 to who has no token
		return target == ErrNotFound
	case e.status == http.StatusUnauthorized || e.status == http.StatusForbidden:
		return target == ErrNoAccess
	}
	return target == ErrBusy && (e.status == http.StatusTooManyRequests || e.status >= 500)
}

// transient tells failures that may be over at the next try.
func transient(err error) bool {
	var network *networkError
	var status *statusError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &certificate):
		return false
	case errors.As(err, &status):
		return errors.Is(status, ErrBusy) && status.retryAfter <= maxRetryAfter
	}
	return errors.As(err, &network)
}

// explain adds to an error what its reader can do about it.
func (c *Client) explain(err error, repository, revision string) error {
	var status *statusError
	var certificate *tls.CertificateVerificationError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &status):
		return fmt.Errorf("%w; %s", err, c.statusHint(status, repository, revision))
	case errors.As(err, &certificate):
		return fmt.Errorf("%w; if a proxy stands in between, name its certificates in SSL_CERT_FILE", err)
	case errors.Is(err, ErrOffline):
		return fmt.Errorf("%w: %w; check the network (and HTTPS_PROXY), name a mirror in HF_ENDPOINT, "+
			"or work from local files with --model, --train-text and --eval-text", ErrOffline, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w; free some space or name another folder by --data, then run the same command again: "+
			"it goes on from here", ErrDiskFull, err)
	case transient(err):
		return fmt.Errorf("%w; run the same command again: it goes on from here", err)
	}
	return err
}

func (c *Client) statusHint(e *statusError, repository, revision string) string {
	page := c.endpoint + "/" + repository
	switch {
	case e.code == "RevisionNotFound":
		return fmt.Sprintf("%s has no revision %q: pick one from %s/commits/main", repository, revision, page)
	case e.code == "EntryNotFound":
		return fmt.Sprintf("%s has no such file at revision %q: try another revision", repository, revision)
	case errors.Is(e, ErrNotFound):
		return fmt.Sprintf("%s may not exist, be private (then set HF_TOKEN), or have no revision %q: see %s", repository, revision, page)
	case e.status == http.StatusUnauthorized && c.token != "" && e.code != "GatedRepo":
		return fmt.Sprintf("HF_TOKEN isn't valid here: make a new one at %s/settings/tokens, or unset it where the repository is public", c.endpoint)
	case errors.Is(e, ErrNoAccess):
		return fmt.Sprintf("%s is gated or private: accept its terms at %s, then set HF_TOKEN to a token of that account (%s/settings/tokens)",
			repository, page, c.endpoint)
	case e.status == http.StatusTooManyRequests && e.retryAfter > 0:
		return fmt.Sprintf("it asks to wait for %s: run the same command again after that, it goes on from here; a HF_TOKEN raises the limit", e.retryAfter)
	case errors.Is(e, ErrBusy):
		return "run the same command again in a while: it goes on from here"
	}
	return "is HF_ENDPOINT the address of a hub? It is " + c.endpoint
}
