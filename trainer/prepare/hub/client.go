package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// DefaultEndpoint is the public hub.
const DefaultEndpoint = "https://huggingface.co"

// Limits of patience.
const (
	maxFailures   = 5                // tries in a row that get no further
	maxRetryAfter = 10 * time.Minute // longest wait that a server may ask for
	answerTimeout = time.Minute      // until a request is answered
)

// Client talks to one hub.
type Client struct {
	Pause time.Duration // before a second try; it doubles from try to try
	Stall time.Duration // without a byte of a file, after which a connection counts as broken

	endpoint string // without a slash at the end
	token    string
	http     *http.Client
}

// NewClient returns a client of the hub at endpoint; empty is [DefaultEndpoint].
// The token is sent to that host and to no other; empty is none.
func NewClient(endpoint, token string) (*Client, error) {
	if endpoint == "" {
		endpoint = DefaultEndpoint
	}
	parsed, err := url.Parse(endpoint)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, fmt.Errorf("read HF_ENDPOINT: %q isn't an address like %s", endpoint, DefaultEndpoint)
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   30 * time.Second,
		ResponseHeaderTimeout: answerTimeout,
		DisableCompression:    true, // ranges count the bytes of the file as it is
	}
	return &Client{
		Pause:    time.Second,
		Stall:    time.Minute,
		endpoint: strings.TrimRight(endpoint, "/"),
		token:    strings.TrimSpace(token),
		http:     &http.Client{Transport: transport, CheckRedirect: followRedirect},
	}, nil
}

// followRedirect keeps the token from other hosts. What a hub says of a file
// stands in its own answer, so HEAD requests don't leave it.
func followRedirect(request *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("stopped after 10 redirects")
	}
	if request.URL.Host != via[0].URL.Host {
		if request.Method == http.MethodHead {
			return http.ErrUseLastResponse
		}
		request.Header.Del("Authorization")
	}
	return nil
}

// do sends a request; the answer has one of the wanted statuses.
func (c *Client) do(request *http.Request, wanted ...int) (*http.Response, error) {
	request.Header.Set("User-Agent", "ternlab")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, &networkError{err}
	}
	for _, status := range wanted {
		if response.StatusCode == status {
			return response, nil
		}
	}
	_ = response.Body.Close()
	return nil, newStatusError(response)
}

// retry tries until it works, can't work, or failed several times in a row
// without getting any further.
func (c *Client) retry(ctx context.Context, try func() (progress bool, err error)) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = c.Pause
	failures, reached := 0, false
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		progress, err := try()
		if progress {
			failures, reached = 0, true
			pauses.Reset()
		}
		failures++
		if failures == maxFailures || !transient(err) || !reached && errors.Is(err, ErrOffline) {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0))
	return err
}
