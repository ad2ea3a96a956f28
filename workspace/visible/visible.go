// Package visible makes text that others wrote (a language model, a candidate's
// program, an endpoint, a file) fit to be read: nothing in it steers a terminal,
// hides, or turns the direction of writing. What would is shown as an escape:
// \u{1b} for a character, \x9b for a byte that isn't UTF-8.
//
// All text for people goes through here: the agent's screen and errors, tables,
// commit messages, prompts, and JSON, whose own escapes are used there.
package visible

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks one character may carry. Scripts need up
// to four; piles of them cover the lines around.
const maxMarks = 4

// Hides tells whether a reader sees nothing of a character, or a terminal obeys
// it: control and format characters, bidirectional controls, tags, variation
// selectors, fillers and other default-ignorable characters, private use,
// surrogates, what isn't assigned, and symbols that are blank. Line breaks, tabs
// and blanks don't hide.
func Hides(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case 0x2800, 0x1d159: // the blank braille pattern and the null note head: symbols by their category
		return true
	}
	assigned := unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs)
	return !assigned || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Text makes a text of several lines readable. Line breaks and tabs stay.
func Text(text string) string {
	return escape(text, func(r rune) string { return fmt.Sprintf(`\u{%x}`, r) })
}

// Line makes a text readable on one line: line breaks, tabs and runs of blanks of
// any kind become single spaces.
func Line(text string) string {
	return Text(strings.Join(strings.Fields(text), " "))
}

// Cut shortens a text to a width in runes, and says so with an ellipsis.
func Cut(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return strings.TrimSpace(string(runes[:max(width-1, 0)])) + "…"
	}
	return text
}

// JSON escapes in encoded JSON, which stays the same value, what Text would.
func JSON(encoded []byte) []byte {
	return []byte(escape(string(bytes.ToValidUTF8(encoded, []byte("\ufffd"))), jsonEscape))
}

func jsonEscape(r rune) string {
	if r > 0xffff {
		r -= 0x10000
		return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// escape replaces what can't be shown as it is.
func escape(text string, escaped func(rune) string) string {
	var shown strings.Builder
	marks := maxMarks // nothing is there that could carry one
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		isMark := unicode.In(r, unicode.Mn, unicode.Me)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&shown, `\x%02x`, text[i])
			marks = maxMarks
		case Hides(r), isMark && marks == maxMarks, isOddBlank(r):
			shown.WriteString(escaped(r))
			marks = maxMarks
		default:
			shown.WriteString(text[i : i+size])
			marks = marksBehind(r, isMark, marks)
		}
		i += size
	}
	return shown.String()
}

// isOddBlank tells whether a character looks like a space and is none.
func isOddBlank(r rune) bool { return r != ' ' && unicode.Is(unicode.Zs, r) }

// marksBehind counts the marks on the last character. A blank carries none.
func marksBehind(r rune, isMark bool, marks int) int {
	switch {
	case isMark:
		return marks + 1
	case unicode.IsSpace(r):
		return maxMarks
	}
	return 0
}
