package generate

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Writer passes on a text that comes in pieces, whole characters only: the
// tokens of a byte-level tokenizer may end within one.
type Writer struct {
	w    io.Writer
	held string // the begin of a character
}

// NewWriter passes text on to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write takes a piece and writes what is complete. Bytes that can't be UTF-8
// become U+FFFD.
func (t *Writer) Write(piece string) error {
	text := t.held + piece
	end := len(text) - incomplete(text)
	t.held = text[end:]
	return t.pass(text[:end])
}

// Close writes what is left, a broken character as U+FFFD.
func (t *Writer) Close() error {
	text := t.held
	t.held = ""
	return t.pass(text)
}

func (t *Writer) pass(text string) error {
	if text == "" {
		return nil
	}
	_, err := io.WriteString(t.w, strings.ToValidUTF8(text, "\uFFFD"))
	return err
}

// incomplete is the number of bytes at the end of text that begin a character
// and don't finish it.
func incomplete(text string) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		tail := text[len(text)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRuneInString(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
