package verdict

import (
	"go/scanner"
	"go/token"
	"path"
)

// LessCode tells whether a change takes code out and puts none in. Before and after
// are the texts of the changed files by name, gofmt'ed; a file that isn't there has
// none.
//
// Code is counted in Go tokens: comments, blank lines and layout are none. Each
// line that has code afterwards must have stood there before, in the same file and
// order, whole or with tokens left out, and fewer tokens must be left in all. So
// lines that were joined, code that was moved, a shorter name, another number or
// operator and a call in the place of code are something new, however short: a
// change with one of them has to be better, not equal. Two things may be put in the
// place of what stood there, because a removal forces them: _ for the name of a
// value that nothing uses any longer, and = for :=.
func LessCode(before, after map[string]string) bool {
	removed := 0
	for name, text := range after {
		if path.Ext(name) != ".go" {
			return false
		}
		was, is := tokenLines(before[name]), tokenLines(text)
		if !isLeftOf(is, was) {
			return false
		}
		removed += tokenCount(was) - tokenCount(is)
	}
	return removed > 0
}

// isLeftOf tells whether lines can be had from others by leaving out lines and
// tokens.
func isLeftOf(lines, others [][]string) bool {
	for _, other := range others { // the first place that a line fits leaves most for those behind it
		if len(lines) > 0 && isLeftOfLine(lines[0], other) {
			lines = lines[1:]
		}
	}
	return len(lines) == 0
}

func isLeftOfLine(tokens, others []string) bool {
	for _, other := range others {
		if len(tokens) > 0 && isLeftOfToken(tokens[0], other) {
			tokens = tokens[1:]
		}
	}
	return len(tokens) == 0
}

func isLeftOfToken(text, other string) bool {
	return text == other || (text == "=" && other == ":=") || (text == "_" && token.IsIdentifier(other))
}

func tokenCount(lines [][]string) int {
	count := 0
	for _, line := range lines {
		count += len(line)
	}
	return count
}

// tokenLines are a Go file's tokens, line by line, without semicolons: most aren't
// written. Lines without any are left out; a token of several lines stands on its
// first.
func tokenLines(text string) [][]string {
	var tokens scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	tokens.Init(file, []byte(text), nil, 0) // what isn't Go is a token, too
	var lines [][]string
	last := 0
	for {
		position, kind, literal := tokens.Scan()
		switch line := file.PositionFor(position, false).Line; {
		case kind == token.EOF:
			return lines
		case kind == token.SEMICOLON:
			continue
		case line != last:
			lines, last = append(lines, nil), line
		}
		if !kind.IsLiteral() {
			literal = kind.String() // that of a keyword or an operator may be empty
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], literal)
	}
}
