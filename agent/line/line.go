package line

import (
	"regexp"
	"strings"

	"github.com/ternlab/ternlab/workspace/visible"
)

// Longest is where what a model says of its change, its hypothesis and its
// description, is cut, in runes.
const Longest = 2000

// Clean puts a text onto one line: blanks and line breaks become single spaces,
// and what hides or steers a terminal is shown as an escape.
func Clean(text string) string { return visible.Line(text) }

// Cut shortens a text to a width in runes.
func Cut(text string, width int) string { return visible.Cut(text, width) }

// Commit is a commit's hash as people write it, 7 digits.
func Commit(hash string) string {
	const digits = 7
	return hash[:min(digits, len(hash))]
}

// InCommit makes a text that others wrote fit for a commit's message: one line
// of at most width runes, in which no name of a trailer stands. Neither git nor
// `git log | grep Eval-PPL` takes any of it for one.
func InCommit(text string, width int) string {
	text = Cut(Clean(text), width)
	hyphenated := regexp.MustCompile(`(?i)eval-ppl|signed-off-by|co-authored-by|source-commit|\b[a-z0-9]+(-[a-z0-9]+)+ *:`)
	text = hyphenated.ReplaceAllStringFunc(text, func(name string) string { return strings.ReplaceAll(name, "-", "_") })
	named := regexp.MustCompile(`(?i)\b(experiment|proposer|seeds) *:|\b(\w+) *:( |$)`)
	return named.ReplaceAllString(text, "$1$2 –$3")
}

// Quote is InCommit as a paragraph of its own. It begins as a quotation does, and
// no trailer can.
func Quote(text string) string { return "> " + InCommit(text, Longest) }

// Glance is an error as a line of the screen, below another; the whole of it is in the
// journal.
func Glance(err error) string {
	const indent, width = "\n    ", 96
	return indent + Cut(Clean(err.Error()), width)
}
