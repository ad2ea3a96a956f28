package prepare

import (
	"fmt"
	"io/fs"

	"github.com/ternlab/ternlab/trainer/prepare/bpe"
)

// Tokenizer turns text into token ids, as the model's tokenizer.json says.
type Tokenizer struct {
	encoder *bpe.Tokenizer
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
	encoder, err := bpe.Parse(content)
	if err != nil {
		return Tokenizer{}, err
	}
	return Tokenizer{encoder: encoder}, nil
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
