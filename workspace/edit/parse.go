package edit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what ParseReply reads. The mutable files together are far smaller, so
// anything longer is not an edit; reasoning before it may be.
const (
	maxReplyBytes  = 1 << 20
	maxAnswerBytes = 512 << 10 // without the reasoning
	maxReplyEdits  = 1000      // of a diff, a hunk is one; see also [GuardEdits]
)

// ReplyError says why a proposer's reply holds no usable change. Its text is
// meant for the proposer, which gets another try.
type ReplyError struct {
	Reason string
}

// Error says what to answer instead.
func (e *ReplyError) Error() string { return "read reply: " + e.Reason }

func replyErrorf(format string, args ...any) error {
	return &ReplyError{Reason: fmt.Sprintf(format, args...)}
}

// ParseReply finds the change in a proposer's reply: a JSON object,
// SEARCH/REPLACE blocks or a unified diff, bare, in code fences or between
// prose. Where a reply holds several formats, the one that begins first counts.
// The error is a [*ReplyError].
func ParseReply(reply string) (Change, error) {
	text, err := cleanReply(reply)
	if err != nil {
		return Change{}, err
	}
	lines := strings.Split(text, "\n")
	object, objectLine, objectErr := findObject(text)
	blockLine := slices.IndexFunc(lines, isSearchMarker)
	diffLine := firstDiffLine(lines)
	switch first := firstOf(objectLine, blockLine, diffLine); {
	case first >= 0 && first == objectLine:
		return objectChange(object, lines[:objectLine], objectErr)
	case first >= 0 && first == blockLine:
		return blockChange(lines)
	case first >= 0:
		return diffChange(lines, diffLine)
	case objectErr != nil:
		return Change{}, objectErr
	}
	return Change{}, replyErrorf("found no edit; answer with SEARCH/REPLACE blocks under a file name, " +
		`a unified diff, or a JSON object {"hypothesis": "…", "edits": [{"file": "…", "search": "…", "replace": "…"}]}`)
}

// firstOf returns the smallest line that is not -1, or -1.
func firstOf(lines ...int) int {
	found := slices.DeleteFunc(lines, func(line int) bool { return line < 0 })
	if len(found) == 0 {
		return -1
	}
	return slices.Min(found)
}

// cleanReply returns the part of a reply that answers: with plain line ends and
// without the reasoning that some models put before it.
func cleanReply(reply string) (string, error) {
	if len(reply) > maxReplyBytes {
		return "", replyErrorf("it is %d bytes long, more than the %d allowed; answer with small edits", len(reply), maxReplyBytes)
	}
	if !utf8.ValidString(reply) {
		return "", replyErrorf("it is not valid UTF-8")
	}
	text, err := dropReasoning(strings.ReplaceAll(reply, "\r\n", "\n"))
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(text) == "" {
		return "", replyErrorf("it is empty; answer with an edit")
	}
	if len(text) > maxAnswerBytes {
		return "", replyErrorf("without its reasoning it is %d bytes long, more than the %d allowed; answer with small edits", len(text), maxAnswerBytes)
	}
	return text, nil
}

// dropReasoning returns what follows a model's reasoning. Some servers swallow the
// opening tag. A closing tag within a line of a diff is not one.
func dropReasoning(text string) (string, error) {
	const opening, closing = "<think>", "</think>"
	opened := strings.HasPrefix(strings.TrimSpace(text), opening)
	if opened || strings.Contains("\n"+text, "\n"+closing) {
		end := strings.LastIndex(text, closing)
		if end < 0 {
			return "", replyErrorf("it ends within its reasoning; reason less and answer with an edit")
		}
		return text[end+len(closing):], nil
	}
	return text, nil
}

// findHypothesis returns the paragraph marked "Hypothesis:" in prose, else all of
// the prose.
func findHypothesis(prose []string) string {
	label := regexp.MustCompile(`(?i)^[#*_>\s]*hypothesis[*_\s]*(?:[:.–-][*_\s]*|$)`)
	for i, line := range prose {
		mark := label.FindString(line)
		if mark == "" {
			continue
		}
		rest := append([]string{line[len(mark):]}, prose[i+1:]...)
		return firstParagraph(rest)
	}
	return strings.TrimSpace(strings.Join(prose, "\n"))
}

func firstParagraph(lines []string) string {
	isText := func(line string) bool { return strings.TrimSpace(line) != "" }
	start := slices.IndexFunc(lines, isText)
	if start < 0 {
		return ""
	}
	lines = lines[start:]
	if end := slices.IndexFunc(lines, func(line string) bool { return !isText(line) || isFence(line) }); end >= 0 {
		lines = lines[:end]
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// isFence reports whether line opens or closes a Markdown code fence.
func isFence(line string) bool {
	return strings.HasPrefix(strings.TrimSpace(line), "```")
}

// fileNameAbove looks for the name of the file that an edit belongs to in the few
// lines above it. It returns the name, or "", and the line from which on the
// text belongs to the edit. strict refuses names in the middle of prose.
func fileNameAbove(lines []string, strict bool) (name string, start int) {
	const reach = 3 // lines with text on them
	start = len(lines)
	seen := 0
	for i := len(lines) - 1; i >= 0 && seen < reach; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "" {
			continue
		}
		if isFence(line) && i == start-1 {
			start = i // the fence that opens around the edit
		}
		if found := fileNameIn(line, true); found != "" {
			return found, i
		}
		if found := fileNameIn(line, false); found != "" && !strict {
			return found, start // a sentence: it belongs to the hypothesis
		}
		if !isFence(line) {
			seen++
		}
	}
	return "", start
}

// fileNameIn returns the one file name in a line; alone demands that there is
// little else, as in "### File: `trainer/loss.go`".
func fileNameIn(line string, alone bool) string {
	const otherWords = 3
	pathLike := regexp.MustCompile(`^[~\w./\\-]*\w\.[A-Za-z]\w*$`)
	words := strings.FieldsFunc(line, func(r rune) bool {
		return !strings.ContainsRune(`~._/\-`, r) && !isWord(r)
	})
	var names []string
	for _, word := range words {
		word = strings.TrimRight(word, ".")
		if pathLike.MatchString(word) && (alone || strings.HasSuffix(word, ".go")) {
			names = append(names, cleanFileName(word))
		}
	}
	if len(names) != 1 || alone && len(words) > 1+otherWords {
		return ""
	}
	return names[0]
}

// cleanFileName drops what says no more than "here". Everything else, such as
// "..", stays for [Guard] to judge.
func cleanFileName(name string) string {
	return strings.TrimPrefix(strings.Trim(name, "`\"' "), "./")
}
