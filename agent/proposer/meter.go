package proposer

import (
	"errors"
	"net/http"

	openai "github.com/sashabaranov/go-openai"

	"github.com/ternlab/ternlab/results/journal"
)

// meter tells the run what a proposal's requests cost. Before a request it
// counts the most that the request can cost, so that a budget is never exceeded
// and a kill in the middle hides nothing; afterwards it counts the difference to
// what it did cost.
type meter struct {
	spend func(journal.Spent) error // Context.Spend; may be nil.
	price Price
	in    int // Tokens that are counted in advance, for a request that wasn't charged yet.
	out   int
}

// hold counts in advance what the next request can cost at most. The request
// must not be sent if it fails.
func (m *meter) hold(in, out int) error {
	err := m.add(in-m.in, out-m.out)
	if err == nil {
		m.in, m.out = in, out
	}
	return err
}

// charge replaces what was counted in advance by what the request did cost.
func (m *meter) charge(in, out int) error {
	err := m.add(in-m.in, out-m.out)
	m.in, m.out = 0, 0
	return err
}

// chargeHeld charges what was counted in advance: the endpoint doesn't say what
// the request cost.
func (m *meter) chargeHeld() { m.in, m.out = 0, 0 }

func (m *meter) add(in, out int) error {
	if m.spend == nil || in == 0 && out == 0 {
		return nil
	}
	return m.spend(journal.Spent{TokensIn: in, TokensOut: out, USD: m.price.cost(in, out)})
}

// settle charges a request by its outcome. A request that failed may still be
// computed and paid for, in full: a local server goes on with what its client has
// given up.
func (m *meter) settle(usage openai.Usage, err error) error {
	switch {
	case err != nil && isFree(err):
		return nil // Held for the next try.
	case err != nil || usage.TotalTokens <= 0:
		m.chargeHeld()
		return nil
	}
	out := min(max(0, usage.CompletionTokens), usage.TotalTokens)
	return m.charge(usage.TotalTokens-out, out)
}

// isFree says whether a failed request surely cost nothing: it never reached the
// endpoint, or was refused before a token was read. A gateway that gave up says
// nothing of the model behind it.
func isFree(err error) bool {
	const cloudflareTimeout = 524
	var unsent *unsentError
	if errors.As(err, &unsent) {
		return true
	}
	var status *statusError
	if !errors.As(err, &status) {
		return errors.Is(err, openai.ErrReasoningModelMaxTokensDeprecated) // The client's own, before it sends.
	}
	return status.code != http.StatusGatewayTimeout && status.code != cloudflareTimeout
}
