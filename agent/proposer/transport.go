package proposer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ternlab/ternlab/workspace/secrets"
)

const (
	maxAnswer  = 8 << 20  // Bytes of an answer that are read.
	maxRefusal = 64 << 10 // Bytes of a refusal that are read.
)

// transport sends requests for the client. It turns refusals into errors that
// keep what the client would drop (Retry-After), and bounds what is read.
type transport struct {
	client   *http.Client
	answered atomic.Bool // Something answered at this address at least once.
}

func newTransport(client *http.Client) *transport {
	if client == nil {
		client = &http.Client{}
	}
	return &transport{client: client}
}

// unsentError is the failure of a request that never left this machine whole.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }

func (e *unsentError) Unwrap() error { return e.err }

// Do sends one request.
func (t *transport) Do(request *http.Request) (*http.Response, error) {
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteRequest: func(info httptrace.WroteRequestInfo) { sent.Store(info.Err == nil) }}
	response, err := t.client.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
	if err != nil && !sent.Load() {
		return nil, &unsentError{err}
	}
	if err != nil {
		return nil, err
	}
	t.answered.Store(true)
	if response.StatusCode < 200 || response.StatusCode > 299 {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
		return nil, errors.Join(newStatusError(response, body), err, response.Body.Close())
	}
	response.Body = http.MaxBytesReader(nil, response.Body, maxAnswer)
	return response, nil
}

// statusError is an endpoint's refusal.
type statusError struct {
	code       int
	message    string        // In the endpoint's own words, short.
	kind       string        // Its error code, such as insufficient_quota; may be empty.
	overflow   *overflow     // What it says about a prompt that is too long; nil for any other refusal.
	retryAfter time.Duration // 0 where it doesn't say.
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("the endpoint answered %d %s", e.code, http.StatusText(e.code))
	if e.message != "" {
		text += ": " + e.message
	}
	return text
}

func newStatusError(response *http.Response, body []byte) *statusError {
	message, kind := readRefusal(body)
	return &statusError{
		code:       response.StatusCode,
		message:    oneLine(secrets.OfEnvironment().Clean(message), 300),
		kind:       kind,
		overflow:   readOverflow(response.StatusCode, string(body)),
		retryAfter: readRetryAfter(response.Header.Get("Retry-After"), time.Now()),
	}
}

// readRefusal finds the message and the error code in a refusal's body, in the
// forms that endpoints use.
func readRefusal(body []byte) (message, kind string) {
	var object struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &object) != nil {
		return strings.ToValidUTF8(string(body), ""), ""
	}
	var inner struct {
		Message string `json:"message"`
		Code    any    `json:"code"`
	}
	if json.Unmarshal(object.Error, &inner) == nil && inner.Message != "" {
		if text, ok := inner.Code.(string); ok {
			kind = text
		}
		return inner.Message, kind
	}
	for _, raw := range []json.RawMessage{object.Error, object.Detail} {
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			return text, ""
		}
	}
	if object.Message != "" {
		return object.Message, ""
	}
	return string(body), ""
}

// readRetryAfter reads the header: seconds, or a date.
func readRetryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds > 0 && seconds < 1e6 {
		return time.Duration(seconds * float64(time.Second))
	}
	if date, err := http.ParseTime(header); err == nil && date.After(now) {
		return date.Sub(now)
	}
	return 0
}

var errTooLong = errors.New("the endpoint's answer is longer than 8 MiB")
