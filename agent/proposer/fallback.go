package proposer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// fallbackPatience is how long a proposal waits for an endpoint that has just
	// gone down, before the stand-in takes over.
	fallbackPatience = time.Minute
	// Between these, doubling, lies the pause before the endpoint is asked again.
	shortestPause, longestPause = time.Minute, 15 * time.Minute
)

// fallbackProposer asks a language model, and another proposer while the model's
// endpoint is down. What only the user can mend, such as a wrong key, is still an
// error: nothing would bring the model back.
type fallbackProposer struct {
	first  *llmProposer
	second Proposer
	pause  time.Duration // The last one; 0 while the endpoint is up.
	again  time.Time     // When the endpoint is asked again.
}

func newLLMWithFallback(options Options) (Proposer, error) {
	first, err := newLLM(options)
	if err != nil {
		return nil, err
	}
	if options.Fallback == "" {
		return first, nil
	}
	if !IsOffline(options.Fallback) {
		return nil, fmt.Errorf("no fallback %q; there are %s", options.Fallback, Offline("and"))
	}
	second, err := New(options.Fallback, Options{})
	return &fallbackProposer{first: first, second: second}, err
}

// Name is the language model's; a proposal of the stand-in says so itself.
func (p *fallbackProposer) Name() string { return p.first.Name() }

func (p *fallbackProposer) Propose(ctx context.Context, c Context) (Proposal, error) {
	patience := min(fallbackPatience, p.first.endpoint.options.Patience)
	if p.pause > 0 {
		patience = 0
	}
	if !time.Now().Before(p.again) {
		proposal, err := p.first.propose(ctx, c, patience)
		if !isTransient(err) || ctx.Err() != nil {
			p.pause = 0
			return proposal, err
		}
		p.pause = min(max(2*p.pause, shortestPause), longestPause)
		p.again = time.Now().Add(p.pause)
		p.first.endpoint.options.Logger.Warn("the language model's endpoint is down; going on without it",
			"with", p.second.Name(), "asking it again in", p.pause, "problem", err)
	}
	proposal, err := p.second.Propose(ctx, c)
	if errors.Is(err, ErrExhausted) { // The model may know more; it is worth the whole patience.
		p.pause, p.again = 0, time.Time{}
		return p.first.Propose(ctx, c)
	}
	proposal.Proposer = p.second.Name()
	return proposal, err
}
