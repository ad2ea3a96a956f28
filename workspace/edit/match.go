package edit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// place is a stretch of a text, in bytes: from start up to end.
type place struct{ start, end int }

// findPlaces finds where edit's search text fits in text, and what to put there. It
// tries the most exact reading first and stops at the first that fits anywhere.
// line decides between several places; 0 is no help.
func findPlaces(text string, edit Edit, line int) ([]place, func(place) string) {
	search, replace := edit.Search, edit.Replace
	verbatim := func(replacement string) func(place) string {
		return func(place) string { return replacement }
	}
	if places := occurrences(text, search); len(places) > 0 {
		return narrow(text, search, places, line), verbatim(replace)
	}
	if part, ok := strings.CutSuffix(search, "\n"); ok { // part of a line, quoted as a line
		if places := occurrences(text, part); len(places) > 0 {
			return narrow(text, part, places, line), verbatim(strings.TrimSuffix(replace, "\n"))
		}
	}
	indented := func(replacement string) func(place) string {
		return func(p place) string { return reindent(text, p, search, replacement) }
	}
	if places := looseOccurrences(text, search); len(places) > 0 {
		return narrow(text, search, places, line), indented(replace)
	}
	places := looseOccurrences(text, trimBlankLines(search))
	return narrow(text, "", places, line), indented(trimBlankLines(replace))
}

// narrow picks one of several places if there is a good reason: it is on the
// expected line, or it alone consists of whole lines, as the search text does.
func narrow(text, search string, places []place, line int) []place {
	if len(places) < 2 {
		return places
	}
	only := func(fits func(place) bool) []place {
		var fitting []place
		for _, p := range places {
			if fits(p) {
				fitting = append(fitting, p)
			}
		}
		return fitting
	}
	if expected := only(func(p place) bool { return lineAt(text, p.start) == line }); len(expected) == 1 {
		return expected
	}
	startsLine := func(p place) bool { return p.start == 0 || text[p.start-1] == '\n' }
	if whole := only(startsLine); len(whole) == 1 && strings.HasSuffix(search, "\n") {
		return whole
	}
	return places
}

// occurrences finds each place where search stands in text, overlapping ones too.
// Places that cut a word or a number in two don't count: "Steps: 50" is not in
// "LambdaSteps: 500".
func occurrences(text, search string) []place {
	const enough = 1000
	var places []place
	if search == "" {
		return nil
	}
	for from := 0; len(places) < enough; {
		i := strings.Index(text[from:], search)
		if i < 0 {
			break
		}
		p := place{from + i, from + i + len(search)}
		if !splitsWord(text, p.start) && !splitsWord(text, p.end) {
			places = append(places, p)
		}
		from = p.start + 1
	}
	return places
}

// splitsWord reports whether the position at is within a word or a number.
func splitsWord(text string, at int) bool {
	before, size := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at:])
	switch {
	case isWord(before) && isWord(after):
		return true
	case isDigit(before) && after == '.': // 2|.5
		next, _ := utf8.DecodeRuneInString(text[at+1:])
		return isDigit(next)
	case before == '.' && isDigit(after): // 2.|5
		first, _ := utf8.DecodeLastRuneInString(text[:at-size])
		return isDigit(first)
	}
	return false
}

func isWord(r rune) bool  { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// looseOccurrences is [occurrences] without regard to indentation, to blanks at the
// ends of lines and to how many blanks stand between words: models rarely get
// gofmt's alignment right. A place that begins a line includes its indentation.
func looseOccurrences(text, search string) []place {
	plainSearch, _ := squeeze(search)
	if strings.TrimSpace(plainSearch) == "" {
		return nil
	}
	plain, origins := squeeze(text)
	places := occurrences(plain, plainSearch)
	for i, p := range places {
		start := origins[p.start]
		if indent := strings.TrimRight(text[:start], " \t"); indent == "" || strings.HasSuffix(indent, "\n") {
			start = len(indent)
		}
		places[i] = place{start, origins[p.end-1] + 1}
	}
	return places
}

// squeeze drops blanks at both ends of each line and reduces the others to one.
// origins holds for each byte of plain its position in text.
func squeeze(text string) (plain string, origins []int) {
	var squeezed strings.Builder
	lineStart, blankAt := true, -1
	for i := range len(text) {
		switch c := text[i]; c {
		case ' ', '\t', '\r':
			if blankAt < 0 {
				blankAt = i
			}
			continue
		case '\n':
			lineStart = true
		default:
			if blankAt >= 0 && !lineStart {
				squeezed.WriteByte(' ')
				origins = append(origins, blankAt)
			}
			lineStart = false
		}
		blankAt = -1
		squeezed.WriteByte(text[i])
		origins = append(origins, i)
	}
	return squeezed.String(), origins
}

func lineAt(text string, at int) int { return 1 + strings.Count(text[:at], "\n") }
