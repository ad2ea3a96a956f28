package proposer

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"
)

// Options is how a proposer is set up. The zero value suits the offline ones.
type Options struct {
	Model     string        // The model's name; empty: the endpoint's first, or a default.
	APIKey    string        // May be empty where BaseURL is a local server.
	BaseURL   string        // With its /v1; empty: OpenAI's own.
	MaxTokens int           // Limit of one answer in tokens; 0: 8192.
	Context   int           // Limit of prompt and answer together in tokens; 0: none until the endpoint names one.
	Price     *Price        // What its tokens cost; nil: nobody knows.
	Patience  time.Duration // How long one proposal waits for an endpoint that is busy or down; 0: 10 minutes.
	Timeout   time.Duration // Limit of one request; 0: 15 minutes.
	Fallback  string        // The offline proposer that stands in while the endpoint is down; empty: none.
	Client    *http.Client  // nil: a client of its own.
	Logger    *slog.Logger  // Told of each wait; nil: silent.
}

// OptionsFromEnvironment returns options with OPENAI_API_KEY and OPENAI_BASE_URL.
func OptionsFromEnvironment() Options {
	return Options{APIKey: os.Getenv("OPENAI_API_KEY"), BaseURL: os.Getenv("OPENAI_BASE_URL")}
}

// New returns the proposer of that name. Auto is LLM when a key or an address
// is given, else TPE.
func New(name string, options Options) (Proposer, error) {
	if name == Auto {
		name = TPE
		if options.APIKey != "" || options.BaseURL != "" {
			name = LLM
		}
	}
	kind, ok := Find(name)
	if !ok {
		return nil, fmt.Errorf("no proposer %q; there are %s", name, Names("and"))
	}
	return kind.New(options)
}
