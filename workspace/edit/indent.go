package edit

import "strings"

// reindent returns replacement as it has to stand at p in text: where search is
// indented otherwise than the file, its indentation is exchanged for the file's.
// Models often leave out that of the first line alone, so that line counts for
// itself, and the last line of search for all others.
func reindent(text string, p place, search, replacement string) string {
	search = trimBlankLines(search)
	lineStart := strings.LastIndexByte(text[:p.start], '\n') + 1
	held := strings.TrimSuffix(text[lineStart:p.end], "\n")
	lines := strings.SplitAfter(replacement, "\n")
	for i := range lines[1:] {
		lines[1+i] = exchangeIndent(lines[1+i], indentOf(lastLine(search)), indentOf(lastLine(held)))
	}
	lines[0] = exchangeIndent(lines[0], indentOf(search), indentOf(held))
	if p.start > lineStart { // in mid-line
		lines[0] = strings.TrimLeft(lines[0], " \t")
	}
	return strings.Join(lines, "")
}

// exchangeIndent changes the part of line's indentation that is theirs to ours.
func exchangeIndent(line, theirs, ours string) string {
	if rest, found := strings.CutPrefix(line, theirs); found && strings.TrimSpace(line) != "" {
		return ours + rest
	}
	return line
}

func lastLine(text string) string {
	return text[strings.LastIndexByte(text, '\n')+1:]
}

func indentOf(text string) string {
	return text[:len(text)-len(strings.TrimLeft(text, " \t"))]
}

// trimBlankLines drops blank lines at both ends and the last line's end.
func trimBlankLines(text string) string {
	lines := strings.Split(text, "\n")
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}
