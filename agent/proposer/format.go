package proposer

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	openai "github.com/sashabaranov/go-openai"
)

// format is the response_format of a request. It starts plain, which every
// endpoint takes. After an answer that can't be read the endpoint is asked for
// JSON by a schema; if it refuses that, for any JSON; if that too, for none.
type format int

const (
	formatPlain  format = iota // None was asked for yet.
	formatSchema               // json_schema.
	formatObject               // json_object, where json_schema was refused.
	formatNone                 // None, because both were refused.
)

// changeSchema is the JSON form of edit.Change.
const changeSchema = `{
	"type": "object", "additionalProperties": false, "required": ["hypothesis", "edits"],
	"properties": {
		"hypothesis": {"type": "string"},
		"edits": {"type": "array", "items": {
			"type": "object", "additionalProperties": false, "required": ["file", "search", "replace"],
			"properties": {"file": {"type": "string"}, "search": {"type": "string"}, "replace": {"type": "string"}}
		}}
	}
}`

func (f format) response() *openai.ChatCompletionResponseFormat {
	switch f {
	case formatSchema:
		return &openai.ChatCompletionResponseFormat{
			Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{
				Name: "change", Schema: json.RawMessage(changeSchema), Strict: true,
			},
		}
	case formatObject:
		return &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject}
	}
	return nil
}

// askForJSON notes that a plain request brought an answer that can't be read.
func (e *endpoint) askForJSON() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.format == formatPlain {
		e.format = formatSchema
	}
}

// adapt learns from a refusal how the endpoint wants to be asked, and how much
// it takes. It returns false where another form of the request can't help.
func (e *endpoint) adapt(asked openai.ChatCompletionRequest, sent prompt, err error) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if errors.Is(err, openai.ErrReasoningModelMaxTokensDeprecated) && !e.completionTokens {
		e.completionTokens = true
		return true
	}
	var status *statusError
	if !errors.As(err, &status) {
		return false
	}
	if status.code == http.StatusBadRequest && strings.Contains(status.message, "max_completion_tokens") && !e.completionTokens {
		e.completionTokens = true
		return true
	}
	if status.overflow != nil {
		before := e.window
		e.window = before.refused(sent.bytes, *status.overflow)
		return e.window.answerTokens() < before.answerTokens() || sent.bytes > sent.least
	}
	if most := readTokens(status.message, `supports at most (\d+) completion tokens`); most > 0 && most < e.window.answer {
		e.window.answer = most
		return true
	}
	// llama.cpp's Python server answers 500 to a schema, others 400 or 422.
	refusals := []int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusNotImplemented}
	if asked.ResponseFormat == nil || !slices.Contains(refusals, status.code) {
		return false
	}
	if e.format < formatNone {
		e.format++
	}
	return true
}
