package edit

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// ApplyError says why an edit does not fit its file. Its text is meant for the
// proposer: it quotes the nearest text that the file does hold.
type ApplyError struct {
	File   string
	Search string
	// Reason says what is wrong and what to do instead.
	Reason string
	// Nearest is the part of File that resembles Search most, each line led
	// by its number. Empty where nothing is alike or nothing is amiss.
	Nearest string
	// Differs are the lines of Nearest that differ from Search's, with words that
	// only Search has in [-…-] and those that only File has in {+…+}.
	Differs string
}

// Error says which edit failed, why, and what the file holds instead.
func (e *ApplyError) Error() string {
	text := "apply edit"
	if e.File != "" {
		text += " to " + e.File
	}
	text += ": " + e.Reason
	if e.Nearest != "" {
		text += "\n" + e.Nearest
	}
	if e.Differs != "" {
		text += "\nYour search text has the words in [-…-], the file has those in {+…+}:\n" + e.Differs
	}
	return text
}

// Apply makes the edits in order, all or nothing, in memory. It returns the
// changed files only and leaves files as it is. The error is an [*ApplyError].
//
// Search must fit exactly one place. Where it fits none to the letter, blanks are
// allowed to differ, and the replacement takes over the file's indentation; what
// is left to align is gofmt's work.
func Apply(files map[string]string, edits []Edit) (map[string]string, error) {
	if len(edits) == 0 {
		return nil, &ApplyError{Reason: "the change has no edit"}
	}
	texts := maps.Clone(files)
	if texts == nil {
		texts = map[string]string{}
	}
	shifts := map[string]int{} // lines that earlier edits added
	for _, edit := range edits {
		before, known := texts[edit.File]
		after, err := applyEdit(files, before, known, edit, edit.Line+shifts[edit.File])
		if err != nil {
			return nil, err
		}
		texts[edit.File] = after
		shifts[edit.File] += strings.Count(after, "\n") - strings.Count(before, "\n")
	}
	maps.DeleteFunc(texts, func(file, text string) bool {
		before, known := files[file]
		return known && before == text
	})
	if len(texts) == 0 {
		return nil, &ApplyError{File: edits[0].File, Reason: "the edits undo each other"}
	}
	return texts, nil
}

// applyEdit returns the text of edit's file after it. line is where a repeated
// search text is expected.
func applyEdit(files map[string]string, text string, known bool, edit Edit, line int) (string, error) {
	fail := func(format string, args ...any) (string, error) {
		return "", &ApplyError{File: edit.File, Search: edit.Search, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case edit.Search == edit.Replace:
		return fail("search and replace are the same text, so it changes nothing")
	case edit.Search == "" && text == "":
		return edit.Replace, nil
	case edit.Search == "":
		return fail("search is empty, but the file exists; quote the lines to replace, or beside which to insert")
	case !known:
		return fail("there is no such file%s", otherFiles(files, edit.File))
	}
	if edit.Line == 0 {
		line = 0
	}
	places, replacement := findPlaces(text, edit, line)
	switch {
	case len(places) == 0:
		return "", notFound(text, edit)
	case len(places) > 1:
		return fail("the search text occurs %s; add lines around it until it occurs once", countAndLines(text, places))
	}
	after := text[:places[0].start] + replacement(places[0]) + text[places[0].end:]
	if after == text {
		return fail("it changes nothing")
	}
	return after, nil
}

// notFound says why edit's search text fits nowhere in text, as well as one can.
func notFound(text string, edit Edit) error {
	err := &ApplyError{File: edit.File, Search: edit.Search}
	err.Nearest, err.Differs = nearestText(text, edit.Search)
	replacement := trimBlankLines(edit.Replace)
	plain, _ := squeeze(text)
	wanted, _ := squeeze(trimBlankLines(edit.Search))
	if at := strings.Index(plain, wanted); at >= 0 && wanted != "" {
		err.Reason = fmt.Sprintf("the search text occurs only as a part of longer words or numbers (line %d)", lineAt(plain, at))
	} else if len(looseOccurrences(text, replacement)) > 0 {
		err.Reason = "the search text does not occur, but the replacement does already"
	} else {
		err.Reason = "the search text does not occur"
	}
	err.Reason += "; quote the file's lines as they are"
	if err.Nearest != "" {
		err.Reason += ". The nearest text, with line numbers:"
	}
	return err
}

// otherFiles names the files there are, to follow "there is no such file".
func otherFiles(files map[string]string, missing string) string {
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if path.Base(name) == path.Base(missing) {
			return "; did you mean " + name + "?"
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; the files are " + strings.Join(names, ", ") + " (to create one, leave search empty)"
}

// countAndLines says how often and where, for example "3 times (lines 4, 9, 20)".
func countAndLines(text string, places []place) string {
	const shown = 10
	var lines []string
	for _, p := range places[:min(len(places), shown)] {
		lines = append(lines, fmt.Sprint(lineAt(text, p.start)))
	}
	list := strings.Join(lines, ", ")
	if len(places) > shown {
		list += ", …"
	}
	return fmt.Sprintf("%d times (lines %s)", len(places), list)
}
