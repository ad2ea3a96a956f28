package tokenizer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitter cuts text into pieces; joined, they are the text again.
type splitter interface{ split(text string) []string }

// sequence applies splitters one after the other.
type sequence []splitter

func (s sequence) split(text string) []string {
	pieces := []string{text}
	for _, next := range s {
		var finer []string
		for _, piece := range pieces {
			finer = append(finer, next.split(piece)...)
		}
		pieces = finer
	}
	return pieces
}

// pattern isolates the matches of a regular expression.
type pattern struct{ *regexp.Regexp }

func (p pattern) split(text string) []string {
	var pieces []string
	start := 0
	for _, span := range p.FindAllStringIndex(text, -1) {
		if span[0] > start {
			pieces = append(pieces, text[start:span[0]])
		}
		pieces = append(pieces, text[span[0]:span[1]])
		start = span[1]
	}
	if start < len(text) {
		pieces = append(pieces, text[start:])
	}
	return pieces
}

// gpt2 splits as GPT-2's pattern does, which Go's regular expressions can't
// write for want of lookahead:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
type gpt2 struct{}

func (gpt2) split(text string) []string {
	var pieces []string
	for text != "" {
		n := gpt2Piece(text)
		pieces = append(pieces, text[:n])
		text = text[n:]
	}
	return pieces
}

// gpt2Piece returns the length of the piece that text starts with.
func gpt2Piece(text string) int {
	for _, ending := range []string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"} {
		if strings.HasPrefix(text, ending) {
			return len(ending)
		}
	}
	word := strings.TrimPrefix(text, " ")
	first, _ := utf8.DecodeRuneInString(word)
	if word != "" && !unicode.IsSpace(first) {
		class := classOf(first)
		length := strings.IndexFunc(word, func(r rune) bool { return classOf(r) != class })
		if length < 0 {
			return len(text)
		}
		return len(text) - len(word) + length
	}
	length := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsSpace(r) })
	if length < 0 {
		return len(text)
	}
	// The last space before a word belongs to what follows.
	_, last := utf8.DecodeLastRuneInString(text[:length])
	if last < length {
		return length - last
	}
	return length
}

// classOf tells letters, numbers, spaces and everything else apart.
func classOf(r rune) rune {
	switch {
	case unicode.IsLetter(r):
		return 'L'
	case unicode.IsNumber(r):
		return 'N'
	case unicode.IsSpace(r):
		return 'Z'
	}
	return 'O'
}
