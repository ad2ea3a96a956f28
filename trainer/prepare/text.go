package prepare

import (
	"fmt"
	"os"
)

// Text is a long text as token ids, readable at any place. It need not lie in
// memory.
type Text interface {
	Len() int // tokens
	// Copy fills ids with the tokens from place start on, which must be there.
	Copy(ids []int32, start int)
}

// IDs is a text in memory.
type IDs []int32

// Len is the number of tokens.
func (t IDs) Len() int { return len(t) }

// Copy fills ids with the tokens from place start on.
func (t IDs) Copy(ids []int32, start int) { copy(ids, t[start:start+len(ids)]) }

// readDocuments tokenizes files of text, one document each, with an end-of-text
// token after each where the tokenizer has one.
func readDocuments(tokenizer Tokenizer, files []string) (IDs, error) {
	var ids IDs
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read training text: %w", err)
		}
		ids = append(ids, tokenizer.Encode(string(text)).IDs...)
		if end, ok := tokenizer.EndOfText(); ok {
			ids = append(ids, end)
		}
	}
	return ids, nil
}
