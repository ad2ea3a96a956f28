package prompts

import (
	"regexp"
	"strings"

	"github.com/ternlab/ternlab/workspace/visible"
)

// sanitizer turns what others wrote into data that stays in its place.
type sanitizer struct {
	escapes *regexp.Regexp // A terminal's: colours and cursor moves, titles and links, the rest.
	tags    *regexp.Regexp // Our own, opening.
	markers *regexp.Regexp // At a line's start: of edits, and headings.
	runs    *regexp.Regexp // Markers of edits and fences anywhere.
	tokens  *strings.Replacer
}

func newSanitizer() *sanitizer {
	return &sanitizer{
		escapes: regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]" + "|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?" + "|\x1b[@-Z\\\\-_]"),
		tags:    regexp.MustCompile(`(?i)<(program|file|experiments|problem)\b`),
		markers: regexp.MustCompile(`(?m)^[ \t]*(<{5,}|={5,}|>{5,}|#+ )`),
		runs:    regexp.MustCompile("<{5,}|={5,}|>{5,}|```+"),
		// Of which chat templates are made: <|im_start|>, [INST], <<SYS>>, <s>.
		tokens: strings.NewReplacer("</", "< /", "<|", "< |", "|>", "| >", "[INST", "[ INST", "[/INST", "[ /INST", "<<SYS", "< <SYS", "<s>", "< s>"),
	}
}

// clean makes a text data. Whatever wrote it (a training that was made to print
// it, a model, a file) it can't close or open one of our tags, begin a turn of the
// conversation, hide from a person who reads it, or move a terminal's cursor.
func (s *sanitizer) clean(text string) string {
	text = s.escapes.ReplaceAllString(strings.ReplaceAll(text, "\r\n", "\n"), "") // colours say nothing to a model
	text = visible.Text(text)
	return s.tokens.Replace(s.tags.ReplaceAllString(text, "< $1"))
}

// cleanOutput is clean for what programs and models said: there, a line that
// looks like an edit's marker, a fence or a heading is none.
func (s *sanitizer) cleanOutput(text string) string {
	text = strings.ReplaceAll(s.clean(text), "```", "'''")
	return s.markers.ReplaceAllStringFunc(text, func(found string) string { return "| " + found })
}

// cell makes a text fit a cell of the table: one short line without a bar or a
// marker.
func (s *sanitizer) cell(text string) string {
	line := strings.Join(strings.Fields(s.clean(strings.ReplaceAll(text, "|", "/"))), " ")
	return visible.Cut(s.runs.ReplaceAllString(line, "…"), maxCell)
}

func (s *sanitizer) program(text string) string {
	return visible.Cut(s.clean(strings.TrimSpace(text)), maxProgram)
}

func (s *sanitizer) problem(text string) string {
	return visible.Cut(s.cleanOutput(strings.TrimSpace(text)), maxProblem)
}
