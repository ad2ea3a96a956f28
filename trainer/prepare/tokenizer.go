package prepare

import (
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/gomlx/go-huggingface/tokenizers/hftokenizer"
)

// Tokenizer turns text into token ids, as the model's tokenizer.json says.
type Tokenizer struct {
	encoder *hftokenizer.Tokenizer
}

// Tokens is a text as token ids, each with the length of its text in bytes.
type Tokens struct {
	IDs   []int32
	Bytes []int // UTF-8 bytes of each token's text; 0 for special tokens
}

// ReadTokenizer reads tokenizer.json from a model folder. It must be a
// byte-level BPE, as SmolLM's and nano's are.
func ReadTokenizer(folder fs.FS) (Tokenizer, error) {
	content, err := fs.ReadFile(folder, "tokenizer.json")
	if err != nil {
		return Tokenizer{}, fmt.Errorf("read tokenizer: %w", err)
	}
	encoder, err := hftokenizer.NewFromContent(nil, content)
	if err != nil {
		return Tokenizer{}, fmt.Errorf("parse tokenizer.json: %w", err)
	}
	return Tokenizer{encoder: encoder}, nil
}

// Encode tokenizes a text; no special token is added.
func (t Tokenizer) Encode(text string) Tokens {
	var tokens Tokens
	// A paragraph at a time: no token spans a line break and the text after
	// it, and short texts keep the encoder fast.
	for paragraph := range strings.SplitAfterSeq(text, "\n\n") {
		for _, id := range t.encoder.Encode(paragraph) {
			tokens.IDs = append(tokens.IDs, int32(id))
			tokens.Bytes = append(tokens.Bytes, t.byteLength(id))
		}
	}
	return tokens
}

// byteLength is the number of bytes that a token stands for. Byte-level BPE
// writes every byte of text as one character of its own alphabet.
func (t Tokenizer) byteLength(id int) int {
	token, found := t.encoder.IDToToken(id)
	if !found {
		return 0
	}
	for _, special := range t.encoder.AddedTokensList() {
		if special.ID == id {
			return 0
		}
	}
	return utf8.RuneCountInString(token)
}
