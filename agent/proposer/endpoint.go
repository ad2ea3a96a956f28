package proposer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	openai "github.com/sashabaranov/go-openai"
)

const (
	defaultModel     = "gpt-4.1"
	defaultMaxTokens = 8192
	defaultPatience  = 10 * time.Minute
	// defaultTimeout leaves a small computer's model time for a long answer.
	defaultTimeout = 15 * time.Minute
	// firstContact is how long an endpoint that never answered is tried: a wrong
	// address should not cost the whole patience.
	firstContact = 30 * time.Second
)

// endpoint is an OpenAI-compatible endpoint and what was learnt of its ways.
type endpoint struct {
	client    *openai.Client
	transport *transport
	options   Options
	firstWait time.Duration // Before the first new try; each later wait is about twice as long.

	mu               sync.Mutex // Guards what follows.
	model            string
	format           format
	completionTokens bool // It wants max_completion_tokens instead of max_tokens.
}

func newEndpoint(options Options) (*endpoint, error) {
	options.MaxTokens = cmp.Or(options.MaxTokens, defaultMaxTokens)
	options.Patience = cmp.Or(options.Patience, defaultPatience)
	options.Timeout = cmp.Or(options.Timeout, defaultTimeout)
	options.APIKey, options.BaseURL = strings.TrimSpace(options.APIKey), strings.TrimSpace(options.BaseURL)
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.APIKey == "" && options.BaseURL == "" {
		return nil, fmt.Errorf("%w: set OPENAI_API_KEY, or OPENAI_BASE_URL for a local server, or use --proposer %s", ErrSetup, TPE)
	}
	config := openai.DefaultConfig(cmp.Or(options.APIKey, "none")) // Local servers want a key, but any.
	if options.BaseURL != "" {
		address, err := url.Parse(options.BaseURL)
		if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
			return nil, fmt.Errorf("%w: OPENAI_BASE_URL %q is no address; it looks like http://localhost:8080/v1", ErrSetup, options.BaseURL)
		}
		config.BaseURL = strings.TrimRight(options.BaseURL, "/")
	} else {
		options.BaseURL, options.Model = config.BaseURL, cmp.Or(options.Model, defaultModel)
	}
	e := &endpoint{transport: newTransport(options.Client), options: options, firstWait: time.Second, model: options.Model}
	config.HTTPClient = e.transport
	e.client = openai.NewClientWithConfig(config)
	return e, nil
}

// complete sends the messages until the endpoint answers, its patience ends, or
// waiting cannot help.
func (e *endpoint) complete(ctx context.Context, messages []openai.ChatCompletionMessage) (openai.ChatCompletionResponse, error) {
	e.findModel(ctx)
	started := time.Now()
	operation := func() (openai.ChatCompletionResponse, error) {
		response, err := e.request(ctx, messages)
		return response, e.judge(ctx, err, time.Since(started))
	}
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.Multiplier = e.firstWait, 2
	response, err := backoff.Retry(ctx, operation, backoff.WithBackOff(waits),
		backoff.WithMaxElapsedTime(e.options.Patience), backoff.WithNotify(func(err error, wait time.Duration) {
			e.options.Logger.Warn("the language model's endpoint did not answer; trying again", "in", wait.Round(time.Second), "problem", err)
		}))
	if isTransient(err) && ctx.Err() == nil {
		err = fmt.Errorf("gave up after %s: %w", time.Since(started).Round(time.Second), err)
	}
	return response, err
}

// request sends the messages once, or again at once where the endpoint refuses
// not them but how they are asked.
func (e *endpoint) request(ctx context.Context, messages []openai.ChatCompletionMessage) (openai.ChatCompletionResponse, error) {
	for {
		asked := e.newRequest(messages)
		limited, cancel := context.WithTimeout(ctx, e.options.Timeout)
		response, err := e.client.CreateChatCompletion(limited, asked)
		cancel()
		if err == nil || ctx.Err() != nil || !e.adapt(asked, err) {
			return response, err
		}
	}
}

func (e *endpoint) newRequest(messages []openai.ChatCompletionMessage) openai.ChatCompletionRequest {
	e.mu.Lock()
	defer e.mu.Unlock()
	request := openai.ChatCompletionRequest{Model: e.model, Messages: messages, ResponseFormat: e.format.response()}
	if e.completionTokens {
		request.MaxCompletionTokens = e.options.MaxTokens
	} else {
		request.MaxTokens = e.options.MaxTokens //nolint:staticcheck // Local servers know no other limit.
	}
	return request
}

// findModel settles the model's name: without one given, the first that the
// endpoint lists. Servers that list none ignore the name.
func (e *endpoint) findModel(ctx context.Context) {
	if e.modelName() != "" {
		return
	}
	name := "default"
	limited, cancel := context.WithTimeout(ctx, firstContact)
	defer cancel()
	if list, err := e.client.ListModels(limited); err == nil && len(list.Models) > 0 {
		name = list.Models[0].ID
	} else if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.model = name
}

func (e *endpoint) modelName() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.model
}
