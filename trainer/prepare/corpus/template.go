package corpus

import (
	"strconv"
	"strings"
)

// template is a sequence of nodes, expanded one after the other.
type template []node

// node is a piece of a template; which fields are set says what it is.
type node struct {
	text    string     // literal text
	choices []template // {a|b}: one of these
	slot    *slot      // {name}: a reference
}

// slot is a reference to a bound variable or to a rule.
type slot struct {
	source   string   // as written, without the braces
	capital  bool     // {^x}: with a capital letter
	variable string   // {x:=rule}: bind the value to x, write nothing
	name     string   // variable or rule; empty for a number
	forms    []string // {x.form.form}: facets and inflections, applied in turn
	low      int      // {12-90}: a number; {x+12-90}: that much more than x
	high     int
	plain    bool // {#1700-1900}: no comma in thousands
}

// parseTemplate reads source; braces nest. It never fails: a brace without its
// partner is text.
func parseTemplate(source string) template {
	var result template
	for source != "" {
		open := strings.IndexByte(source, '{')
		if open < 0 {
			return append(result, node{text: source})
		}
		length := closing(source[open:])
		if length < 0 {
			return append(result, node{text: source})
		}
		if open > 0 {
			result = append(result, node{text: source[:open]})
		}
		result = append(result, parseBraces(source[open+1:open+length]))
		source = source[open+length+1:]
	}
	return result
}

// closing returns the index of the brace that closes the one source starts
// with, or -1.
func closing(source string) int {
	depth := 0
	for i, c := range []byte(source) {
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return -1
}

// parseBraces reads what stands between two braces: choices or a slot.
func parseBraces(source string) node {
	if parts := splitChoices(source); len(parts) > 1 {
		return node{choices: parseAll(parts)}
	}
	return node{slot: parseSlot(source)}
}

func parseAll(sources []string) []template {
	templates := make([]template, len(sources))
	for i, source := range sources {
		templates[i] = parseTemplate(source)
	}
	return templates
}

// splitChoices splits at the bars that aren't inside braces.
func splitChoices(source string) []string {
	var parts []string
	depth, start := 0, 0
	for i, c := range []byte(source) {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == '|' && depth == 0:
			parts = append(parts, source[start:i])
			start = i + 1
		}
	}
	return append(parts, source[start:])
}

func parseSlot(source string) *slot {
	s := &slot{source: source}
	rest, capital := strings.CutPrefix(source, "^")
	s.capital = capital
	if variable, right, ok := strings.Cut(rest, ":="); ok {
		s.variable, rest = variable, right
	}
	rest, s.plain = strings.CutPrefix(rest, "#")
	if name, span, found := strings.Cut(rest, "+"); found {
		if low, high, ok := parseSpan(span); ok {
			s.name, s.plain, s.low, s.high = name, true, low, high
			return s
		}
	}
	if low, high, ok := parseSpan(rest); ok {
		s.low, s.high = low, high
		return s
	}
	parts := strings.Split(rest, ".")
	s.name, s.forms = parts[0], parts[1:]
	return s
}

// parseSpan reads "12-90".
func parseSpan(source string) (low, high int, ok bool) {
	left, right, _ := strings.Cut(source, "-")
	low, errLow := strconv.Atoi(left)
	high, errHigh := strconv.Atoi(right)
	if errLow != nil || errHigh != nil || low > high || high > 1_000_000 {
		return 0, 0, false
	}
	return low, high, true
}
