package edit

import (
	"strings"
)

// noFile is how a diff writes the missing side of a created or deleted file.
const noFile = "/dev/null"

// diffChange reads a unified diff whose first line is lines[start]. Each hunk
// becomes an edit that searches for the hunk's old lines.
func diffChange(lines []string, start int) (Change, error) {
	var change Change
	file, fenced := "", oddFences(lines[:start])
	for i := start; i < len(lines); i++ {
		line := lines[i]
		switch {
		case isFence(line):
			fenced = !fenced
		case strings.HasPrefix(line, "rename to "):
			return Change{}, replyErrorf("files can't be renamed; edit them where they are")
		case strings.HasPrefix(line, "diff --git "):
			file = ""
		case isFileHeader(lines, i):
			file = diffFile(line, lines[i+1])
			i++
		case isHunkHeader(line):
			if file == "" {
				file, _ = fileNameAbove(lines[:i], false)
			}
			if file == "" {
				return Change{}, replyErrorf("the hunk on line %d has no --- and +++ lines that name its file", i+1)
			}
			if len(change.Edits) == maxReplyEdits {
				return Change{}, replyErrorf("its diff has more than %d hunks; answer with few", maxReplyEdits)
			}
			edit, end := readHunk(lines, i, fenced)
			edit.File = file
			change.Edits = append(change.Edits, edit)
			i = end - 1
		}
	}
	if len(change.Edits) == 0 {
		return Change{}, replyErrorf("its diff has no hunk; begin each with a line such as @@ -12,7 +12,8 @@")
	}
	change.Hypothesis = findHypothesis(dropFences(lines[:proseEnd(lines, start)]))
	return change, nil
}

// proseEnd returns the line before which the prose above a diff ends.
func proseEnd(lines []string, diffStart int) int {
	if isHunkHeader(lines[diffStart]) {
		_, start := fileNameAbove(lines[:diffStart], false)
		return start
	}
	return diffStart
}

func oddFences(lines []string) bool {
	odd := false
	for _, line := range lines {
		odd = odd != isFence(line)
	}
	return odd
}

// firstDiffLine returns where a unified diff begins, or -1.
func firstDiffLine(lines []string) int {
	for i, line := range lines {
		named := isFileHeader(lines, i) && i+2 < len(lines) && isHunkHeader(lines[i+2])
		if named || strings.HasPrefix(line, "diff --git ") || strings.HasPrefix(line, "@@ -") {
			return i
		}
	}
	return -1
}

func isFileHeader(lines []string, i int) bool {
	return strings.HasPrefix(lines[i], "--- ") && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "+++ ")
}

func isHunkHeader(line string) bool { return strings.HasPrefix(line, "@@") }

// diffFile returns the file that a diff's two header lines name.
func diffFile(oldLine, newLine string) string {
	name := func(line, prefix string) string {
		path, _, _ := strings.Cut(line[len("--- "):], "\t")
		path = cleanFileName(strings.TrimSpace(path))
		return strings.TrimPrefix(path, prefix)
	}
	if file := name(newLine, "b/"); file != noFile {
		return file
	}
	return name(oldLine, "a/")
}
