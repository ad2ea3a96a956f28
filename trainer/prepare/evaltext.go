package prepare

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// evalFormat is the version of the form in which evaluation texts are kept.
const evalFormat = "ternlab evaluation text 1"

// The GPTQ protocol, as most papers measure WikiText-2: all rows of the raw test
// split, empty ones and each row's own line end included, joined by an empty
// line and tokenized as one text without special tokens; windows that don't
// overlap, a rest shorter than a window left out.
const (
	gptq     = "gptq"
	gptqJoin = "\n\n"
)

// EvalText is the content of a [Spec]'s EvalFile: an evaluation text as token ids, how it is
// to be measured, and where it comes from.
type EvalText struct {
	Format       string  `json:"format"`
	Protocol     string  `json:"protocol"`
	Join         string  `json:"join"`    // between rows
	AddBOS       bool    `json:"add_bos"` // whether a special token begins each window
	Context      int     `json:"context"` // tokens of a window
	Stride       int     `json:"stride"`  // tokens from one window to the next
	Windows      int     `json:"windows"`
	Rows         int     `json:"rows"`
	TokenCount   int     `json:"tokens"`
	ByteCount    int     `json:"bytes"` // of the joined text, UTF-8
	Source       Source  `json:"source"`
	TextSHA256   string  `json:"text_sha256"` // of the joined text
	TokenizerSum string  `json:"tokenizer_sha256"`
	SHA256       string  `json:"sha256"` // of all token ids, then all byte lengths, as little-endian 32-bit integers
	IDs          []int32 `json:"token_ids"`
	ByteLengths  []int   `json:"byte_lengths"` // of each token's text
}

// NewEvalText joins and tokenizes rows by the GPTQ protocol.
func NewEvalText(tokenizer Tokenizer, rows []string, context int, source Source) EvalText {
	joined := strings.Join(rows, gptqJoin)
	tokens := tokenizer.Encode(joined)
	text := EvalText{
		Format: evalFormat, Protocol: gptq, Join: gptqJoin, Context: context, Stride: context,
		Windows: len(tokens.IDs) / context, Rows: len(rows), TokenCount: len(tokens.IDs), ByteCount: len(joined),
		Source: source, TextSHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(joined))), TokenizerSum: tokenizer.SHA256(),
		IDs: tokens.IDs, ByteLengths: tokens.Bytes,
	}
	text.SHA256 = text.sum()
	return text
}

// JSON is the content of the file.
func (e EvalText) JSON() ([]byte, error) {
	data, err := json.Marshal(e)
	return append(data, '\n'), err
}

// Tokens are the text's tokens.
func (e EvalText) Tokens() Tokens { return Tokens{IDs: e.IDs, Bytes: e.ByteLengths} }

// sum is the checksum that SHA256 should hold.
func (e EvalText) sum() string {
	var data []byte
	for _, id := range e.IDs {
		data = binary.LittleEndian.AppendUint32(data, uint32(id))
	}
	for _, length := range e.ByteLengths {
		data = binary.LittleEndian.AppendUint32(data, uint32(length))
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

// ParseEvalText reads the content of such a file and checks that it is
// what was once written.
func ParseEvalText(data []byte) (EvalText, error) {
	var text EvalText
	if err := json.Unmarshal(data, &text); err != nil {
		return EvalText{}, fmt.Errorf("parse evaluation text: %w", err)
	}
	if err := text.check(); err != nil {
		return EvalText{}, fmt.Errorf("parse evaluation text: %w", err)
	}
	return text, nil
}

func (e EvalText) check() error {
	total := 0
	for _, length := range e.ByteLengths {
		if length < 0 {
			return fmt.Errorf("a token of %d bytes", length)
		}
		total += length
	}
	switch {
	case e.Format != evalFormat:
		return fmt.Errorf("format is %q, want %q", e.Format, evalFormat)
	case e.Protocol != gptq || e.Join != gptqJoin || e.AddBOS || e.Stride != e.Context:
		return errors.New("it is not of the GPTQ protocol")
	case e.Context < 2 || e.Windows != len(e.IDs)/e.Context:
		return fmt.Errorf("context %d and %d windows don't fit %d tokens", e.Context, e.Windows, len(e.IDs))
	case len(e.IDs) != e.TokenCount || len(e.ByteLengths) != e.TokenCount || total != e.ByteCount:
		return fmt.Errorf("%d tokens of %d bytes, want %d of %d", len(e.IDs), total, e.TokenCount, e.ByteCount)
	case e.SHA256 != e.sum():
		return errors.New("the checksum of its tokens is wrong: the file is damaged")
	}
	return nil
}

// fits says why the text can't be used with a tokenizer and a context length.
func (e EvalText) fits(tokenizer Tokenizer, context int) error {
	switch {
	case e.TokenizerSum != tokenizer.SHA256():
		return errors.New("the evaluation text was made with another tokenizer than tokenizer.json")
	case e.Context != context:
		return fmt.Errorf("the evaluation text has windows of %d tokens, want %d", e.Context, context)
	}
	for _, id := range e.IDs {
		if id < 0 || int(id) >= tokenizer.VocabSize() {
			return fmt.Errorf("the evaluation text has token %d, outside the vocabulary of %d", id, tokenizer.VocabSize())
		}
	}
	return nil
}
