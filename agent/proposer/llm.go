package proposer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/ternlab/ternlab/workspace/edit"
)

// llmProposer asks a language model for a change. All that it remembers between
// proposals is how the endpoint likes to be asked.
type llmProposer struct {
	endpoint *endpoint
}

func newLLM(options Options) (*llmProposer, error) {
	e, err := newEndpoint(options)
	if err != nil {
		return nil, err
	}
	return &llmProposer{endpoint: e}, nil
}

// Name includes the model's name once it is known.
func (p *llmProposer) Name() string {
	return strings.TrimSpace(LLM + " " + oneLine(p.endpoint.modelName(), maxName))
}

func (p *llmProposer) Propose(ctx context.Context, c Context) (Proposal, error) {
	return p.propose(ctx, c, p.endpoint.options.Patience)
}

// propose is Propose with another patience; with none it asks once.
func (p *llmProposer) propose(ctx context.Context, c Context, patience time.Duration) (Proposal, error) {
	response, err := p.endpoint.complete(ctx, c, patience)
	if errors.Is(err, errTooLong) {
		return Proposal{}, &ReplyError{Err: fmt.Errorf("%w; answer with one small edit and a short hypothesis", err)}
	}
	var spend *spendError
	if errors.As(err, &spend) {
		return Proposal{}, spend.err // The run's own, and no fault of the model.
	}
	if err != nil {
		return Proposal{}, fmt.Errorf("ask %s: %w", p.Name(), err)
	}
	reply, err := answer(response)
	reply = p.endpoint.hidden.Clean(reply) // before it is cut anywhere
	if err != nil {
		return Proposal{}, &ReplyError{Reply: reply, Err: err}
	}
	change, err := edit.ParseReply(reply)
	if err != nil {
		p.endpoint.askForJSON()
		return Proposal{}, &ReplyError{Reply: reply, Err: err}
	}
	return Proposal{
		Hypothesis:  oneLine(change.Hypothesis, maxHypothesis),
		Description: describeChange(c, change),
		Edits:       change.Edits,
		Reply:       reply,
	}, nil
}

// answer returns the text of a response, and an error if it is no whole answer.
func answer(response openai.ChatCompletionResponse) (string, error) {
	if len(response.Choices) == 0 {
		return "", errors.New("the endpoint sent no answer; answer with one edit")
	}
	choice := response.Choices[0]
	reply := strings.ToValidUTF8(choice.Message.Content, "\uFFFD")
	switch {
	case choice.FinishReason == openai.FinishReasonLength:
		return reply, errors.New("the answer was cut off at its token limit; answer with one small edit and a short hypothesis")
	case choice.FinishReason == openai.FinishReasonContentFilter:
		return reply, errors.New("the answer was stopped by the endpoint's content filter; propose another change")
	case strings.TrimSpace(reply) == "" && choice.Message.Refusal != "":
		return choice.Message.Refusal, errors.New("the model refused; propose another change")
	case strings.TrimSpace(reply) == "":
		return "", errors.New("the answer was empty; answer with one edit")
	}
	return reply, nil
}
