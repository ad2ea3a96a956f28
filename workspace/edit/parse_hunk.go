package edit

import (
	"regexp"
	"strconv"
	"strings"
)

// readHunk reads the hunk whose header is lines[start] and returns the line after
// it. The header's counts decide where it ends, if they fit what follows. Models
// miscount: else it ends where the lines cease to look like a hunk's.
func readHunk(lines []string, start int, fenced bool) (Edit, int) {
	oldStart, oldCount, newCount := hunkNumbers(lines[start])
	body := lines[start+1:]
	length, fits := countedLength(body, oldCount, newCount)
	if !fits {
		length = apparentLength(body, fenced)
	}
	var search, replace []string
	var last byte
	for _, line := range body[:length] {
		sign, text := splitHunkLine(line)
		if sign == '\\' { // "\ No newline at end of file" speaks of the line before
			if last != '+' {
				trimLastLineEnd(search)
			}
			if last != '-' {
				trimLastLineEnd(replace)
			}
			continue
		}
		if sign != '+' {
			search = append(search, text+"\n")
		}
		if sign != '-' {
			replace = append(replace, text+"\n")
		}
		last = sign
	}
	edit := Edit{Search: strings.Join(search, ""), Replace: strings.Join(replace, ""), Line: oldStart}
	return edit, start + 1 + length
}

func trimLastLineEnd(lines []string) {
	if len(lines) > 0 {
		last := &lines[len(lines)-1]
		*last = strings.TrimSuffix(*last, "\n")
	}
}

// hunkNumbers reads @@ -12,7 +12,8 @@. A missing count is 1, as in any diff. A
// header without numbers gives counts of -1, which fit nothing.
func hunkNumbers(header string) (oldStart, oldCount, newCount int) {
	match := regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@`).FindStringSubmatch(header)
	if match == nil {
		return 0, -1, -1
	}
	number := func(digits string) int {
		if digits == "" {
			return 1
		}
		n, err := strconv.Atoi(digits)
		if err != nil { // beyond any file's length
			return -1
		}
		return n
	}
	return max(number(match[1]), 0), number(match[2]), number(match[3])
}

// countedLength returns how many lines of body a hunk with these counts takes, and
// whether the counts can be right.
func countedLength(body []string, oldCount, newCount int) (length int, fits bool) {
	for oldCount > 0 || newCount > 0 {
		if length == len(body) || !looksLikeHunkLine(body[length]) {
			return 0, false
		}
		sign, _ := splitHunkLine(body[length])
		if sign == ' ' || sign == '-' {
			oldCount--
		}
		if sign == ' ' || sign == '+' {
			newCount--
		}
		length++
	}
	if length < len(body) && strings.HasPrefix(body[length], `\ `) {
		length++
	}
	goesOn := length < len(body) && body[length] != "" && looksLikeHunkLine(body[length]) && !endsHunk(body, length)
	return length, oldCount == 0 && newCount == 0 && !goesOn
}

// apparentLength returns how many lines of body look like a hunk's. Within a code
// fence a line without a sign has lost its leading blank; outside, after an empty
// line, it is prose.
func apparentLength(body []string, fenced bool) int {
	length := 0
	for length < len(body) && !endsHunk(body, length) {
		afterBlank := length > 0 && body[length-1] == ""
		if !fenced && afterBlank && !looksLikeHunkLine(body[length]) {
			break
		}
		length++
	}
	for length > 0 && body[length-1] == "" {
		length--
	}
	return length
}

func endsHunk(body []string, i int) bool {
	line := body[i]
	return isHunkHeader(line) || isFileHeader(body, i) || strings.HasPrefix(line, "diff --git ") ||
		strings.HasPrefix(line, "```") || line == "-- "
}

// looksLikeHunkLine accepts an empty line, which stands for empty context, and a
// tab, which is context of Go code that lost its leading blank.
func looksLikeHunkLine(line string) bool {
	return line == "" || strings.ContainsRune("+- \t", rune(line[0])) || strings.HasPrefix(line, `\ `)
}

// splitHunkLine splits a hunk's line into its sign, one of " -+\", and its text.
func splitHunkLine(line string) (sign byte, text string) {
	if line == "" {
		return ' ', ""
	}
	if strings.IndexByte(" -+", line[0]) >= 0 || strings.HasPrefix(line, `\ `) {
		return line[0], line[1:]
	}
	return ' ', line
}
