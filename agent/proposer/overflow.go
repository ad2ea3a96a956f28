package proposer

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

// overflow is what an endpoint says about a request that is longer than its
// model's context. Either figure is 0 where it doesn't say.
type overflow struct {
	limit  int // Tokens that prompt and answer may have together.
	prompt int // Tokens of the prompt that was refused.
}

// readOverflow recognizes, by a refusal's status and body, a request that was too
// long. Servers have no common form for it; the test lists theirs.
func readOverflow(code int, body string) *overflow {
	codes := []int{
		http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity,
		http.StatusTooManyRequests, // OpenAI, of a request that is larger than a whole minute's tokens.
		http.StatusInternalServerError,
	}
	tooLong := regexp.MustCompile(`(?i)context_length_exceeded|exceed_context_size|context_window_exceeded` +
		`|(maximum|model's) context length|exceeds? (the )?(available )?context (size|window|length)` +
		`|maximum model length|prompt is too long|input is too long|reduce the length of|request too large`)
	if !slices.Contains(codes, code) || code != http.StatusRequestEntityTooLarge && !tooLong.MatchString(body) {
		return nil
	}
	return &overflow{
		limit: readTokens(
			body, `maximum context length (?:is|of) (\d+)`, `"n_ctx"\s*:\s*(\d+)`, `context window of (\d+)`,
			`context size \((\d+) tokens\)`, `> (\d+) maximum`, `Limit (\d+), Requested \d+`, `maximum model length (?:is|of) (\d+)`,
		),
		prompt: readTokens(
			body, `"n_prompt_tokens"\s*:\s*(\d+)`, `\((\d+) in the messages`, `messages resulted in (\d+)`,
			`(\d+) input tokens`, `request \((\d+) tokens\)`, `Requested tokens \((\d+)\)`, `(\d+) tokens > \d+ maximum`,
		),
	}
}

// readTokens is the number that the first fitting pattern finds, else 0.
func readTokens(body string, patterns ...string) int {
	for _, pattern := range patterns {
		if found := regexp.MustCompile(`(?i)` + pattern).FindStringSubmatch(body); found != nil {
			if tokens, err := strconv.Atoi(found[1]); err == nil {
				return tokens
			}
		}
	}
	return 0
}

// prompt is the length of a prompt in bytes, and the least that it could have.
type prompt struct{ bytes, least int }

// window is how much fits into a request, as far as it is known.
type window struct {
	context       int     // Tokens of prompt and answer together; 0: no limit is known.
	answer        int     // Tokens that an answer may have at most.
	bytesPerToken float64 // Of prompts like ours, with this model.
}

// cautiousBytesPerToken is taken until an endpoint has counted a prompt. Source
// code has some 3 to 4 bytes a token.
const cautiousBytesPerToken = 3

// answerTokens is the room that is left for an answer: a quarter of a small
// context.
func (w window) answerTokens() int {
	if w.context == 0 {
		return w.answer
	}
	return max(1, min(w.answer, w.context/4))
}

// promptBytes is how long a prompt may be; 0: as long as it likes.
func (w window) promptBytes() int {
	if w.context == 0 {
		return 0
	}
	const margin = 0.95 // A prompt's share of code and prose changes.
	return max(1, int(margin*w.bytesPerToken*float64(w.context-w.answerTokens())))
}

// tokens estimates the tokens of a prompt of some bytes.
func (w window) tokens(bytes int) int { return int(float64(bytes)/w.bytesPerToken) + 1 }

// counted takes in how many tokens a prompt of some bytes had.
func (w window) counted(bytes, tokens int) window {
	const least, most = 0.5, 8.0 // What lies beyond counts something else, such as what was cached.
	if ratio := float64(bytes) / float64(tokens); tokens > 0 && ratio >= least && ratio <= most {
		w.bytesPerToken = ratio
	}
	return w
}

// refused takes in that a request whose prompt had some bytes was too long. The
// next one is smaller in any case.
func (w window) refused(bytes int, said overflow) window {
	before := w.tokens(bytes) + w.answerTokens()
	w = w.counted(bytes, said.prompt)
	if said.limit > 0 && (w.context == 0 || said.limit < w.context) {
		w.context = said.limit
	}
	if w.context == 0 {
		w.context = before
	}
	for w.promptBytes() >= bytes && w.context > 1 {
		w.context -= max(1, w.context/8)
	}
	return w
}
