package prepare

import (
	"crypto/sha256"
	"fmt"
	"io/fs"

	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// Tokenizer turns text into token ids, as the model's tokenizer.json or GGUF file
// says.
type Tokenizer struct {
	encoder *tokenizer.Tokenizer
	sum     string
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
	encoder, err := tokenizer.Parse(content)
	if err != nil {
		return Tokenizer{}, err
	}
	return newTokenizer(encoder, content), nil
}

// newTokenizer is a tokenizer that was read from content.
func newTokenizer(encoder *tokenizer.Tokenizer, content []byte) Tokenizer {
	return Tokenizer{encoder: encoder, sum: fmt.Sprintf("%x", sha256.Sum256(content))}
}

// SHA256 is the checksum of the tokenizer.json, or of what a GGUF file has
// instead, in hexadecimal digits. Texts that are stored as token ids carry that
// of the tokenizer that made them.
func (t Tokenizer) SHA256() string { return t.sum }

// VocabSize is the number of token ids.
func (t Tokenizer) VocabSize() int { return t.encoder.VocabSize() }

// EndOfText is the token between two documents, if there is one.
func (t Tokenizer) EndOfText() (id int32, ok bool) {
	end, ok := t.encoder.TokenID(tokenizer.EndOfText)
	return int32(end), ok
}

// Vocabulary lists the tokens and merges, if a GGUF file can hold them.
func (t Tokenizer) Vocabulary() (tokenizer.Vocabulary, error) { return t.encoder.Vocabulary() }

// Decode returns the bytes of token ids, special tokens included; a character
// may reach over several tokens. Ids outside the vocabulary are left out.
func (t Tokenizer) Decode(ids ...int32) string {
	converted := make([]int, len(ids))
	for i, id := range ids {
		converted[i] = int(id)
	}
	return t.encoder.Decode(converted)
}

// Encode tokenizes a whole text; no special token is added.
func (t Tokenizer) Encode(text string) Tokens {
	var tokens Tokens
	for _, id := range t.encoder.Encode(text) {
		tokens.IDs = append(tokens.IDs, int32(id))
		tokens.Bytes = append(tokens.Bytes, t.encoder.ByteLength(id))
	}
	return tokens
}
