package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"

	"github.com/ternlab/ternlab/workspace/edit"
	"github.com/ternlab/ternlab/workspace/visible"
)

// Colours of a diff on a terminal.
const (
	plain   = "\x1b[0m"
	bold    = "\x1b[1m"
	red     = "\x1b[31m"
	green   = "\x1b[32m"
	cyan    = "\x1b[36m"
	changed = "\x1b[7m" // on top of a line's colour
)

// printDiff writes a unified diff for people: on a terminal in colours, with the words
// that differ within changed lines set off.
func (a *app) printDiff(diff string) {
	if !a.terminal || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		a.print("%s", diff)
		return
	}
	shown := visible.Text(a.hidden.Clean(diff)) // before there are colours inside of words
	_, _ = a.out.Write([]byte(paintDiff(shown)))
}

// paintDiff colours a unified diff whose text is fit for a terminal.
func paintDiff(diff string) string {
	var painted strings.Builder
	var removed, added []string
	flush := func() {
		painted.WriteString(paintChange(removed, added))
		removed, added = nil, nil
	}
	inHunk := false
	for line := range strings.Lines(diff) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case inHunk && strings.HasPrefix(line, "-"):
			if len(added) > 0 {
				flush()
			}
			removed = append(removed, line[1:])
			continue
		case inHunk && strings.HasPrefix(line, "+"):
			added = append(added, line[1:])
			continue
		}
		flush()
		switch {
		case strings.HasPrefix(line, "@@"):
			inHunk = true
			line = cyan + line + plain
		case !inHunk || strings.HasPrefix(line, "diff "):
			inHunk = false
			line = bold + line + plain
		}
		painted.WriteString(line + "\n")
	}
	flush()
	return painted.String()
}

// paintChange colours lines that were removed and those that came in their place.
func paintChange(removed, added []string) string {
	var before, after strings.Builder // with the words that only one of them has set off
	parts := edit.Words(strings.Join(removed, "\n"), strings.Join(added, "\n"))
	wholly := !slices.ContainsFunc(parts, func(part diffmatchpatch.Diff) bool { return part.Type == diffmatchpatch.DiffEqual })
	for _, part := range parts {
		switch part.Type {
		case diffmatchpatch.DiffDelete:
			before.WriteString(setOff(part.Text, red, wholly))
		case diffmatchpatch.DiffInsert:
			after.WriteString(setOff(part.Text, green, wholly))
		default:
			before.WriteString(part.Text)
			after.WriteString(part.Text)
		}
	}
	return paintLines(removed, before.String(), "-", red) + paintLines(added, after.String(), "+", green)
}

// setOff sets changed words off, on each of their lines. Blanks need no mark.
func setOff(text, color string, wholly bool) string {
	if wholly {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if word := strings.TrimSpace(line); word != "" {
			lines[i] = strings.Replace(line, word, changed+word+plain+color, 1)
		}
	}
	return strings.Join(lines, "\n")
}

// paintLines puts a sign and a colour on each line of a text; there is none if there
// were no lines.
func paintLines(lines []string, text, sign, color string) string {
	if len(lines) == 0 {
		return ""
	}
	var painted strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		painted.WriteString(color + sign + line + plain + "\n")
	}
	return painted.String()
}
