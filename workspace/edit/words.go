package edit

import (
	"regexp"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Words says how after differs from before, in words: the runs of words that both
// have, that only before has (deleted) and that only after has (inserted), in order.
// A word is a name, a number, a sign or a run of blanks. Where few of the words are
// the same, the texts count as different from end to end.
func Words(before, after string) []diffmatchpatch.Diff {
	return compareWords(before, after, func(parts []diffmatchpatch.Diff, _ rune) []diffmatchpatch.Diff { return parts })
}

// compareWords is Words, with a step between: trim may take parts away before those that are
// hardly worth it are joined. There a word is a rune, and one of them the end of a line.
func compareWords(before, after string, trim func(parts []diffmatchpatch.Diff, lineEnd rune) []diffmatchpatch.Diff) []diffmatchpatch.Diff {
	const most = 10_000 // words; the time it takes grows with their square
	code := &wordCode{runes: map[string]rune{}, words: map[rune]string{}}
	lineEnd := code.encode("\n")[0]
	old, now := code.encode(before), code.encode(after)
	if len(old)+len(now) > most {
		return wholly(before, after)
	}
	library := diffmatchpatch.New()
	library.DiffTimeout = 0 // the same texts give the same answer, however busy the machine is
	parts := library.DiffCleanupSemantic(trim(library.DiffMainRunes(old, now, false), lineEnd))
	for i := range parts {
		parts[i].Text = code.decode(parts[i].Text)
	}
	if !alike(parts) {
		return wholly(before, after)
	}
	return parts
}

// wordCode gives each word a rune, since the library compares texts rune by rune.
type wordCode struct {
	runes map[string]rune
	words map[rune]string
}

func (c *wordCode) encode(text string) []rune {
	const first = '\u4e00' // neither blanks nor signs follow it, which the library treats apart
	var encoded []rune
	for _, word := range splitWords(text) {
		if _, known := c.runes[word]; !known {
			next := first + rune(len(c.runes))
			c.runes[word], c.words[next] = next, word
		}
		encoded = append(encoded, c.runes[word])
	}
	return encoded
}

func (c *wordCode) decode(encoded string) string {
	var text strings.Builder
	for _, word := range encoded {
		text.WriteString(c.words[word])
	}
	return text.String()
}

// alike tells whether two texts have a third of the shorter one's letters and signs in
// common. With less than that, what they share are commas.
func alike(parts []diffmatchpatch.Diff) bool {
	size := map[diffmatchpatch.Operation]int{}
	for _, part := range parts {
		size[part.Type] += len(strings.Join(strings.Fields(part.Text), ""))
	}
	shorter := size[diffmatchpatch.DiffEqual] + min(size[diffmatchpatch.DiffDelete], size[diffmatchpatch.DiffInsert])
	return 3*size[diffmatchpatch.DiffEqual] >= shorter
}

func wholly(before, after string) []diffmatchpatch.Diff {
	return []diffmatchpatch.Diff{
		{Type: diffmatchpatch.DiffDelete, Text: before},
		{Type: diffmatchpatch.DiffInsert, Text: after},
	}
}

// splitWords cuts text into names, numbers, signs and runs of blanks, none of which
// goes over the end of a line.
func splitWords(text string) []string {
	word := regexp.MustCompile(`\d[\d_.]*(?:[eE][-+]?\d+)?|[\pL_][\pL\d_]*|[^\S\n]+|(?s:.)`)
	return word.FindAllString(text, -1)
}

// markedLines are the lines in which held differs from wanted, with words that only
// wanted has in [-…-], and those that only held has in {+…+}. Blanks don't count, nor
// does what a line of held has before wanted begins or after it ends.
func markedLines(wanted, held string) string {
	if lastLine := wanted[strings.LastIndex(wanted, "\n")+1:]; !strings.Contains(lastLine, comment) {
		held = withoutLastComment(held)
	}
	var all strings.Builder
	for _, part := range compareWords(squeezeLines(wanted), squeezeLines(held), withoutEnds) {
		for i, line := range strings.Split(part.Text, "\n") {
			if i > 0 {
				all.WriteByte('\n')
			}
			switch {
			case strings.TrimSpace(line) == "" || part.Type == diffmatchpatch.DiffEqual:
				all.WriteString(line)
			case part.Type == diffmatchpatch.DiffDelete:
				all.WriteString("[-" + line + "-]")
			default:
				all.WriteString("{+" + line + "+}")
			}
		}
	}
	var marked []string
	for line := range strings.Lines(all.String()) {
		if strings.Contains(line, "[-") || strings.Contains(line, "{+") {
			marked = append(marked, strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(marked, "\n")
}

const comment = "//"

// withoutLastComment is text without what is a comment in its last line. Words of a
// long comment look alike to a search text that has none.
func withoutLastComment(text string) string {
	start := strings.LastIndex(text, "\n") + 1
	code, _, _ := strings.Cut(text[start:], comment)
	if strings.TrimSpace(code) == "" {
		return text
	}
	return text[:start] + code
}

// withoutEnds leaves out what is inserted before the first word or after the last one,
// and not over the end of a line.
func withoutEnds(parts []diffmatchpatch.Diff, lineEnd rune) []diffmatchpatch.Diff {
	isEnd := func(part diffmatchpatch.Diff) bool {
		return part.Type == diffmatchpatch.DiffInsert && !strings.ContainsRune(part.Text, lineEnd)
	}
	if len(parts) > 1 && isEnd(parts[0]) {
		parts = parts[1:]
	}
	if last := len(parts) - 1; last > 0 && isEnd(parts[last]) && parts[last-1].Type == diffmatchpatch.DiffEqual {
		parts = parts[:last]
	}
	return parts
}

// squeezeLines makes one blank of each run of blanks in a line.
func squeezeLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, "\n")
}
