package proposer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	openai "github.com/sashabaranov/go-openai"

	"github.com/ternlab/ternlab/workspace/secrets"
)

// The endpoint and the model where none is named.
const (
	OpenAIBaseURL = "https://api.openai.com/v1"
	DefaultModel  = "gpt-4.1"
)

const (
	defaultMaxTokens = 8192
	defaultPatience  = 10 * time.Minute
	// defaultTimeout leaves a small computer's model time for a long answer.
	defaultTimeout = 15 * time.Minute
	// firstContact is how long an endpoint that never answered is tried: a wrong
	// address should not cost the whole patience, unless the user asked for it.
	firstContact = 30 * time.Second
)

// endpoint is an OpenAI-compatible endpoint and what was learnt of its ways.
type endpoint struct {
	client       *openai.Client
	transport    *transport
	options      Options
	firstContact time.Duration
	hidden       secrets.Redactor // No message has what it knows.
	firstWait    time.Duration    // Before the first new try; each later wait is about twice as long.

	mu               sync.Mutex // Guards what follows.
	model            string
	format           format
	completionTokens bool // It wants max_completion_tokens instead of max_tokens.
	window           window
	completed        bool // It has sent a chat completion at least once.
}

func newEndpoint(options Options) (*endpoint, error) {
	contact := firstContact
	if options.Patience > 0 {
		contact = options.Patience
	}
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
		options.BaseURL, options.Model = config.BaseURL, cmp.Or(options.Model, DefaultModel)
	}
	e := &endpoint{
		transport: newTransport(options.Client), options: options, firstContact: contact, firstWait: time.Second, model: options.Model,
		hidden: secrets.New(append(os.Environ(), "LLM_KEY="+options.APIKey)),
		window: window{context: options.Context, answer: options.MaxTokens, bytesPerToken: cautiousBytesPerToken},
	}
	config.HTTPClient = e.transport
	e.client = openai.NewClientWithConfig(config)
	return e, nil
}

// complete asks for a change until the endpoint answers, the patience ends, or
// waiting cannot help. It waits between tries as backoff's jitter and the
// endpoint's Retry-After say.
func (e *endpoint) complete(ctx context.Context, c Context, patience time.Duration) (openai.ChatCompletionResponse, error) {
	started := time.Now()
	costs := &meter{spend: c.Spend, price: e.price()}
	operation := func() (openai.ChatCompletionResponse, error) {
		response, err := e.request(ctx, c, costs)
		return response, e.judge(ctx, err, time.Since(started))
	}
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.Multiplier = e.firstWait, 2
	options := []backoff.RetryOption{
		backoff.WithBackOff(waits), backoff.WithMaxElapsedTime(patience),
		backoff.WithNotify(func(err error, wait time.Duration) {
			e.options.Logger.Warn("the language model's endpoint did not answer; trying again", "in", wait.Round(time.Second), "problem", err)
		}),
	}
	if patience <= 0 {
		options = append(options, backoff.WithMaxTries(1))
	}
	response, err := backoff.Retry(ctx, operation, options...)
	if isTransient(err) && ctx.Err() == nil && !errors.Is(err, ErrSetup) {
		err = fmt.Errorf("gave up after %s: %w", time.Since(started).Round(time.Second), err)
		if !e.transport.answered.Load() {
			err = e.neverThere(err)
		}
	}
	return response, errors.Join(err, costs.charge(0, 0)) // What is still held was not needed.
}

// request asks once, or again at once where the endpoint refuses not the
// request but its form or its length.
func (e *endpoint) request(ctx context.Context, c Context, costs *meter) (openai.ChatCompletionResponse, error) {
	if err := e.findModel(ctx); err != nil {
		return openai.ChatCompletionResponse{}, err
	}
	for {
		now := e.fits()
		messages, err := conversation(c, now.promptBytes())
		if err != nil {
			return openai.ChatCompletionResponse{}, err
		}
		length := messageBytes(messages)
		if err := costs.hold(now.tokens(length), now.answerTokens()); err != nil {
			return openai.ChatCompletionResponse{}, &spendError{err}
		}
		asked := e.newRequest(messages, now.answerTokens())
		limited, cancel := context.WithTimeout(ctx, e.options.Timeout)
		response, err := e.client.CreateChatCompletion(limited, asked)
		cancel()
		if err := costs.settle(response.Usage, err); err != nil {
			return response, &spendError{err}
		}
		if err == nil {
			e.learn(length, response.Usage)
			return response, nil
		}
		least, sizeErr := shortest(c)
		if sizeErr != nil {
			return response, sizeErr
		}
		if ctx.Err() != nil || !e.adapt(asked, prompt{length, least}, err) {
			return response, err
		}
	}
}

// spendError says that the run doesn't want to pay, or can't note that it did.
type spendError struct{ err error }

func (e *spendError) Error() string { return e.err.Error() }

func (e *spendError) Unwrap() error { return e.err }

func (e *endpoint) newRequest(messages []openai.ChatCompletionMessage, answer int) openai.ChatCompletionRequest {
	e.mu.Lock()
	defer e.mu.Unlock()
	messages = slices.Clone(messages)
	for i := range messages {
		messages[i].Content = e.hidden.Clean(messages[i].Content)
	}
	request := openai.ChatCompletionRequest{Model: e.model, Messages: messages, ResponseFormat: e.format.response()}
	if e.completionTokens {
		request.MaxCompletionTokens = answer
	} else {
		request.MaxTokens = answer //nolint:staticcheck // Local servers know no other limit.
	}
	return request
}

// learn notes that the endpoint completes chats, and how long it found a prompt.
func (e *endpoint) learn(length int, usage openai.Usage) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.completed = true
	e.window = e.window.counted(length, usage.PromptTokens)
}

func (e *endpoint) fits() window {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.window
}

func (e *endpoint) hasCompleted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.completed
}

// price is what the model costs, where the user or the table says.
func (e *endpoint) price() Price {
	if e.options.Price != nil {
		return *e.options.Price
	}
	return UnknownPrice()
}

// findModel settles the model's name: without one given, the first that the
// endpoint lists. Servers that list none ignore the name. An endpoint that is
// down is asked again at the next try.
func (e *endpoint) findModel(ctx context.Context) error {
	if e.modelName() != "" {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, firstContact)
	defer cancel()
	list, err := e.client.ListModels(limited)
	var status *statusError
	if err != nil && !errors.As(err, &status) && !isNotJSON(err) {
		return fmt.Errorf("list its models: %w", &unsentError{err})
	}
	name := "default"
	if err == nil && len(list.Models) > 0 {
		name = list.Models[0].ID
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.model = name
	return nil
}

func (e *endpoint) modelName() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.model
}
