package line

import (
	"strings"
	"unicode"
)

// Clean puts a text onto one line: blanks and line breaks become single spaces,
// and what isn't printable, such as a terminal's escapes, is left out.
func Clean(text string) string {
	printable := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, text)
	return strings.Join(strings.Fields(printable), " ")
}

// Cut shortens a text to a width in runes.
func Cut(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return strings.TrimSpace(string(runes[:width-1])) + "…"
	}
	return text
}

// Commit is a commit's hash as people write it, 7 digits.
func Commit(hash string) string {
	const digits = 7
	return hash[:min(digits, len(hash))]
}
