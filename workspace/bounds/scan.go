package bounds

import (
	"fmt"
	"go/scanner"
	"go/token"
	"strings"
)

// Bounds of one file. No file of an honest trainer comes near them.
const (
	MaxFileBytes      = 64 << 10
	maxLineBytes      = 500
	maxNesting        = 60  // brackets, parentheses, braces
	maxStatement      = 400 // tokens at one level of one statement
	maxList           = 100 // commas at one level of one statement
	maxLadder         = 50  // else in a row
	maxNumber         = 40  // bytes of one number
	maxString         = 400 // bytes of one string
	maxNumbersPerUnit = 384 // bytes of numbers in one declaration at the top level
	maxStringsPerUnit = 1024
)

// Measure is what a source text, or several, hold.
type Measure struct {
	Bytes       int
	Lines       int
	Tokens      int
	NumberBytes int // of numbers and characters
	StringBytes int
}

func (m Measure) plus(other Measure) Measure {
	return Measure{
		m.Bytes + other.Bytes, m.Lines + other.Lines, m.Tokens + other.Tokens,
		m.NumberBytes + other.NumberBytes, m.StringBytes + other.StringBytes,
	}
}

// File returns why a Go source text may not be handed on to a parser, or "".
func File(text string) string {
	if len(text) > MaxFileBytes {
		return fmt.Sprintf("%d bytes is too long; keep files under %d and data out of them", len(text), MaxFileBytes)
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if len(line) > maxLineBytes {
			return fmt.Sprintf("line %d: %d bytes on one line; keep lines under %d", number, len(line), maxLineBytes)
		}
	}
	_, reason := scan(text)
	return reason
}

// Of measures a Go source text, whatever its shape.
func Of(text string) Measure {
	measured, _ := scan(text)
	return measured
}

// level is one bracket that is open, or the file itself.
type level struct {
	tokens, commas, ladder int // since the last statement ended
}

// scan measures a text and returns the first thing that is wrong with its shape. It
// goes on to the end in either case.
func scan(text string) (Measure, string) {
	measured := Measure{Bytes: len(text), Lines: strings.Count(text, "\n")}
	var tokens scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	tokens.Init(file, []byte(text), nil, 0) // what isn't Go is a token, too
	levels := []level{{}}
	var unit Measure // since the last declaration at the top level
	reason := ""
	for {
		position, kind, literal := tokens.Scan()
		if kind == token.EOF {
			return measured, reason
		}
		found := Measure{Tokens: 1}
		switch kind {
		case token.INT, token.FLOAT, token.IMAG, token.CHAR:
			found.NumberBytes = len(literal)
		case token.STRING:
			found.StringBytes = len(literal)
		}
		measured, unit = measured.plus(found), unit.plus(found)
		levels = step(levels, kind)
		if reason == "" {
			if problem := problem(levels, found, unit); problem != "" {
				reason = fmt.Sprintf("line %d: %s", file.Line(position), problem)
			}
		}
		if kind == token.SEMICOLON && len(levels) == 1 {
			unit = Measure{}
		}
	}
}

// step opens and closes levels, and counts on the one that a token stands on.
func step(levels []level, kind token.Token) []level {
	here := &levels[len(levels)-1]
	switch kind {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		here.tokens++
		return append(levels, level{})
	case token.RPAREN, token.RBRACK, token.RBRACE:
		if len(levels) > 1 {
			levels = levels[:len(levels)-1]
		}
		levels[len(levels)-1].tokens++
		return levels
	case token.SEMICOLON:
		*here = level{}
		return levels
	case token.COMMA:
		here.commas++
	case token.ELSE:
		here.ladder++
	}
	here.tokens++
	return levels
}

// problem returns what is too much after a token, or "".
func problem(levels []level, found, unit Measure) string {
	here := levels[len(levels)-1]
	switch {
	case len(levels) > maxNesting:
		return fmt.Sprintf("brackets are nested more than %d deep; write it in steps", maxNesting)
	case here.commas > maxList:
		return fmt.Sprintf("a list of more than %d elements; compute values, or train them: tables are no recipe", maxList)
	case here.tokens > maxStatement:
		return fmt.Sprintf("a statement of more than %d tokens; write it in steps, and no tables", maxStatement)
	case here.ladder > maxLadder:
		return fmt.Sprintf("more than %d else in a row; compute instead of choosing", maxLadder)
	case found.NumberBytes > maxNumber:
		return fmt.Sprintf("a number of %d bytes; write it with at most %d", found.NumberBytes, maxNumber)
	case found.StringBytes > maxString:
		return fmt.Sprintf("a string of %d bytes; keep strings under %d and data out of them", found.StringBytes, maxString)
	case unit.NumberBytes > maxNumbersPerUnit:
		return fmt.Sprintf("more than %d bytes of numbers in one declaration; compute values, or train them: tables are no recipe", maxNumbersPerUnit)
	case unit.StringBytes > maxStringsPerUnit:
		return fmt.Sprintf("more than %d bytes of strings in one declaration; keep data out of the source", maxStringsPerUnit)
	}
	return ""
}
