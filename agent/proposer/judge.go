package proposer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// modelsShown is how many models a hint names.
const modelsShown = 8

// transientError is a failure that may pass by itself.
type transientError struct{ err error }

func (e *transientError) Error() string { return e.err.Error() }

func (e *transientError) Unwrap() error { return e.err }

func isTransient(err error) bool {
	var transient *transientError
	return errors.As(err, &transient)
}

// judge says for backoff what to do about a failed request: wait for as long as
// the endpoint asks, wait as usual, or stop.
func (e *endpoint) judge(ctx context.Context, err error, elapsed time.Duration) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return backoff.Permanent(ctx.Err())
	}
	var status *statusError
	if errors.As(err, &status) {
		return e.judgeStatus(ctx, status)
	}
	var spend *spendError
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &spend):
		return backoff.Permanent(spend)
	case errors.As(err, &tooLong):
		return backoff.Permanent(errTooLong)
	case isNotJSON(err) && !e.hasCompleted():
		return backoff.Permanent(fmt.Errorf("the answer from %s is not a chat completion (%w); "+
			"check OPENAI_BASE_URL, which ends in /v1 for most servers", e.options.BaseURL, err))
	case isNotJSON(err): // It can do better: a proxy's page, or a server that is being replaced.
		err = fmt.Errorf("the answer is not a chat completion: %w", err)
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %s", e.options.Timeout)
	case !e.transport.answered.Load() && elapsed >= e.firstContact:
		return backoff.Permanent(e.neverThere(&transientError{err}))
	}
	return &transientError{err}
}

// neverThere says that nothing has ever answered at the endpoint's address.
func (e *endpoint) neverThere(err error) error {
	return fmt.Errorf("%w: nothing answers at %s (%w); check OPENAI_BASE_URL and that the server runs", ErrSetup, e.options.BaseURL, err)
}

// isNotJSON says whether an answer was read but isn't what the API promises.
func isNotJSON(err error) bool {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &wrongType)
}

// judgeStatus tells refusals that pass from those that only the user can mend.
func (e *endpoint) judgeStatus(ctx context.Context, status *statusError) error {
	var hint string
	switch {
	case status.code == http.StatusUnauthorized:
		hint = "check OPENAI_API_KEY: it is missing, wrong or expired"
	case status.code == http.StatusForbidden:
		hint = "the key in OPENAI_API_KEY may not use model " + oneLine(e.modelName(), maxName)
	case status.code == http.StatusPaymentRequired, status.kind == "insufficient_quota":
		hint = "the account behind OPENAI_API_KEY has no credit left"
	case status.code == http.StatusNotFound, status.kind == "model_not_found":
		hint = fmt.Sprintf("there is no model %s at %s; choose one with --model%s", oneLine(e.modelName(), maxName), e.options.BaseURL, e.suggestModels(ctx))
	case status.overflow != nil: // Shortened as far as it goes.
		hint = fmt.Sprintf("even the shortest prompt doesn't fit into the context of %s; "+
			"start the server with a larger one (2048 tokens are enough), or choose another model", oneLine(e.modelName(), maxName))
	case status.code == http.StatusRequestTimeout, status.code == http.StatusTooEarly,
		status.code == http.StatusTooManyRequests, status.code >= 500:
		if status.retryAfter > 0 {
			return &transientError{fmt.Errorf("%w (%w)", status, &backoff.RetryAfterError{Duration: status.retryAfter})}
		}
		return &transientError{status}
	default:
		return backoff.Permanent(status)
	}
	return backoff.Permanent(fmt.Errorf("%w: %w; %s", ErrSetup, status, hint))
}

// suggestModels names a few of the endpoint's models, or, where it lists none,
// doubts the address.
func (e *endpoint) suggestModels(ctx context.Context) string {
	limited, cancel := context.WithTimeout(ctx, firstContact)
	defer cancel()
	list, err := e.client.ListModels(limited)
	if err != nil || len(list.Models) == 0 {
		return ", or correct OPENAI_BASE_URL, which ends in /v1 for most servers"
	}
	names := []string{}
	for _, model := range list.Models[:min(len(list.Models), modelsShown)] {
		names = append(names, oneLine(model.ID, maxName))
	}
	return ": " + strings.Join(names, ", ")
}
