package edit

import (
	"slices"
	"strings"
)

// blockChange reads SEARCH/REPLACE blocks:
//
//	trainer/recipe.go
//	<<<<<<< SEARCH
//	text as it is
//	=======
//	text as it shall be
//	>>>>>>> REPLACE
//
// A block without a file name above it belongs to the file of the block before.
func blockChange(lines []string) (Change, error) {
	var change Change
	var prose []string
	file, done := "", 0 // done: everything above this line is read
	for i := 0; i < len(lines); i++ {
		if !isSearchMarker(lines[i]) {
			continue
		}
		name, start := fileNameAbove(lines[done:i], file != "")
		prose = append(prose, lines[done:done+start]...)
		if name == "" {
			name = fileNameIn(markerText(lines[i], '<'), true)
		}
		if name != "" {
			file = name
		}
		if file == "" {
			return Change{}, replyErrorf("the SEARCH block on line %d has no file name on the line above it", i+1)
		}
		if len(change.Edits) == maxReplyEdits {
			return Change{}, replyErrorf("it has more than %d edits; answer with few", maxReplyEdits)
		}
		edit, end, err := readBlock(lines, i)
		if err != nil {
			return Change{}, err
		}
		edit.File = file
		change.Edits = append(change.Edits, edit)
		i, done = end, end+1
	}
	change.Hypothesis = findHypothesis(dropFences(append(prose, lines[done:]...)))
	return change, nil
}

// readBlock reads the block whose SEARCH marker is on line start and returns it
// with the line of its REPLACE marker.
func readBlock(lines []string, start int) (Edit, int, error) {
	divider := -1
	for i := start + 1; i < len(lines); i++ {
		line := lines[i]
		switch {
		case isSearchMarker(line):
			return Edit{}, 0, replyErrorf("the SEARCH block on line %d is not closed by >>>>>>> REPLACE before the next one begins", start+1)
		case isDivider(line) && divider >= 0:
			return Edit{}, 0, replyErrorf("the SEARCH block on line %d has two ======= lines", start+1)
		case isDivider(line):
			divider = i
		case isReplaceMarker(line) && divider < 0:
			return Edit{}, 0, replyErrorf("the SEARCH block on line %d has no ======= line between search and replacement", start+1)
		case isReplaceMarker(line):
			edit := Edit{Search: joinLines(lines[start+1 : divider]), Replace: joinLines(lines[divider+1 : i])}
			if strings.TrimSpace(edit.Search) == "" {
				edit.Search = ""
			}
			return edit, i, nil
		}
	}
	return Edit{}, 0, replyErrorf("the SEARCH block on line %d is not closed by >>>>>>> REPLACE; was the answer cut off?", start+1)
}

// joinLines gives each line its line end.
func joinLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

func isSearchMarker(line string) bool {
	text := markerText(line, '<')
	return strings.HasPrefix(text, "SEARCH") || strings.HasPrefix(text, "ORIGINAL")
}

func isReplaceMarker(line string) bool {
	text := markerText(line, '>')
	return strings.HasPrefix(text, "REPLACE") || strings.HasPrefix(text, "UPDATED")
}

func isDivider(line string) bool {
	trimmed := strings.TrimSpace(line)
	return len(trimmed) >= 5 && len(trimmed) <= 9 && strings.Trim(trimmed, "=") == ""
}

// markerText returns what follows a row of 5 to 9 sign characters, which is how
// models count to seven, or "".
func markerText(line string, sign rune) string {
	trimmed := strings.TrimSpace(line)
	text := strings.TrimLeft(trimmed, string(sign))
	if row := len(trimmed) - len(text); row < 5 || row > 9 {
		return ""
	}
	return strings.TrimSpace(text)
}

// dropFences returns the lines that are not code fences.
func dropFences(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), isFence)
}
