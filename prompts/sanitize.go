package prompts

import (
	"regexp"
	"strings"
	"unicode"
)

// clean makes a text data that stays in its place. Whatever wrote it (a training
// that was made to print it, a model, a file) it can't close or open one of our
// tags, begin a turn of the conversation, hide from a person who reads it, or move
// a terminal's cursor.
func clean(text string) string {
	text = escapes().ReplaceAllString(strings.ToValidUTF8(text, "\uFFFD"), "")
	text = strings.Map(visible, text)
	text = strings.ReplaceAll(text, "</", "< /")
	text = regexp.MustCompile(`(?i)<(program|file|experiments|problem)\b`).ReplaceAllString(text, "< $1")
	// Tokens that chat templates are made of: <|im_start|>, [INST], <<SYS>>, <s>.
	text = strings.NewReplacer("<|", "< |", "|>", "| >", "[INST", "[ INST", "[/INST", "[ /INST", "<<SYS", "< <SYS", "<s>", "< s>").Replace(text)
	return text
}

// cleanOutput is clean for what programs and models said: there, a line that
// looks like an edit's marker, a fence or a heading is none.
func cleanOutput(text string) string {
	text = strings.ReplaceAll(clean(text), "```", "'''")
	marker := regexp.MustCompile(`(?m)^[ \t]*(<{5,}|={5,}|>{5,}|#+ )`)
	return marker.ReplaceAllStringFunc(text, func(found string) string { return "| " + found })
}

// escapes are a terminal's: colours and cursor moves, titles and links, the rest.
func escapes() *regexp.Regexp {
	return regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]" + "|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?" + "|\x1b[@-Z\\\\-_]")
}

// visible drops control characters and those that show nothing or turn the
// direction of writing.
func visible(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == '\u2028', r == '\u2029':
		return -1
	}
	return r
}

// cell makes a text fit a cell of the table: one short line without a bar or a
// marker.
func cell(text string) string {
	line := strings.Join(strings.Fields(clean(strings.ReplaceAll(text, "|", "/"))), " ")
	line = regexp.MustCompile("<{5,}|={5,}|>{5,}|```+").ReplaceAllString(line, "…")
	return clip(line, maxCell)
}

func program(text string) string { return clip(clean(strings.TrimSpace(text)), maxProgram) }

func problem(text string) string { return clip(cleanOutput(strings.TrimSpace(text)), maxProblem) }
