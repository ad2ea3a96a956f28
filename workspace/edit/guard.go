package edit

import (
	"fmt"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ternlab/ternlab/workspace/allow"
	"github.com/ternlab/ternlab/workspace/bounds"
	"github.com/ternlab/ternlab/workspace/mutable"
	"github.com/ternlab/ternlab/workspace/visible"
)

// GuardError says why a change may not be tried. Its text is meant for the
// proposer: it says what to do instead.
type GuardError struct {
	// File is empty where the change as a whole is at fault.
	File   string
	Reason string
}

// Error names the file and says what to do instead.
func (e *GuardError) Error() string {
	if e.File == "" {
		return "guard: " + e.Reason
	}
	return fmt.Sprintf("guard %q: %s", e.File, e.Reason)
}

// Guard decides whether a candidate may be built and run, from its source
// alone: which files it touches, what these import and call. before holds the
// mutable files of the parent, after the changed files as [Apply] returns them.
// The error is a [*GuardError].
//
// Guard parses: what it is given has passed [GuardSize] and [build.CandidateToolchain.Format].
// What expressions are, whatever they are called, is looked at when the candidate
// is built. Guard keeps honest mistakes out and makes cheating hard. It is no sandbox.
func Guard(before, after map[string]string) error {
	changed := false
	for _, file := range slices.Sorted(maps.Keys(after)) {
		text, known := before[file]
		if known && text == after[file] {
			continue
		}
		changed = true
		if refused := guardFile(before, file, after[file]); refused != nil {
			return refused
		}
	}
	if !changed {
		return &GuardError{Reason: "the change leaves every file as it is; change at least one"}
	}
	return nil
}

// guardFile says why a file that changes to text may not be part of the trainer, or
// nil.
func guardFile(before map[string]string, file, text string) *GuardError {
	for _, check := range []func() string{
		func() string { return mutable.Check(file, before) },
		func() string { return checkText(text) },
		func() string { return bounds.File(text) },
		func() string { return checkSource(allow.List(), file, text) },
	} {
		if reason := check(); reason != "" {
			return &GuardError{File: file, Reason: reason}
		}
	}
	return nil
}

// GuardSize decides whether a change is small enough to be looked at: by counting,
// before anything parses, formats or compares it. base holds the mutable files that
// the run began with, before those of the parent, after those that change. The error
// is a [*GuardError].
func GuardSize(base, before, after map[string]string) error {
	if reason := bounds.Answer(before, after); reason != "" {
		return &GuardError{Reason: reason}
	}
	for _, file := range slices.Sorted(maps.Keys(after)) {
		if text, known := before[file]; known && text == after[file] {
			continue
		}
		if reason := bounds.File(after[file]); reason != "" {
			return &GuardError{File: file, Reason: reason}
		}
	}
	if reason := bounds.Whole(base, before, after); reason != "" {
		return &GuardError{Reason: reason}
	}
	return nil
}

// Bounds of an answer's edits, before they are applied.
const (
	maxEdits     = 64
	maxEditBytes = 192 << 10 // of search and replacement together: all files, moved
)

// GuardEdits refuses edits of files that may not change, before they are applied:
// a proposer that reaches for a fixed file shall hear that, rather than that its
// search text was not found. [Guard] repeats the check. It also refuses more edits
// than one change can need. The error is a [*GuardError].
func GuardEdits(before map[string]string, edits []Edit) error {
	size := 0
	for _, edit := range edits {
		size += len(edit.Search) + len(edit.Replace)
	}
	switch {
	case len(edits) > maxEdits:
		return &GuardError{Reason: fmt.Sprintf("%d edits are more than the %d that one experiment may make; make one focused change", len(edits), maxEdits)}
	case size > maxEditBytes:
		return &GuardError{Reason: fmt.Sprintf("edits of %d bytes are more than the %d that one experiment may make; quote and change few lines", size, maxEditBytes)}
	}
	for _, edit := range edits {
		if reason := mutable.Check(edit.File, before); reason != "" {
			return &GuardError{File: edit.File, Reason: reason}
		}
	}
	return nil
}

// checkText returns why text can't be a source file, or "".
func checkText(text string) string {
	switch {
	case strings.TrimSpace(text) == "":
		return "the change empties it; files of trainer/ can't be deleted, so leave what other files need"
	case !utf8.ValidString(text):
		return "it is not valid UTF-8; write it as UTF-8 text"
	case strings.ContainsRune(text, 0):
		return "it holds NUL bytes; write it as text"
	case strings.ContainsFunc(strings.ReplaceAll(text, "\r\n", "\n"), hidesText):
		return "it holds characters that hide or reorder text; a diff must show what runs, so write them as \\u escapes"
	}
	return foreignName(text)
}

// hidesText reports whether r makes a diff look other than it compiles, or steers a
// terminal that shows it: bidirectional controls ("Trojan Source",
// CVE-2021-42574), control characters, and characters that show nothing.
func hidesText(r rune) bool { return visible.Hides(r) }

// foreignName returns why a name in the source text can be taken for another, or
// "": letters of other scripts look like Latin ones.
func foreignName(text string) string {
	var lexer scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	lexer.Init(file, []byte(text), func(token.Position, string) {}, 0) // what isn't Go is refused elsewhere
	for {
		position, kind, name := lexer.Scan()
		if kind == token.EOF {
			return ""
		}
		if kind == token.IDENT && strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
			return fmt.Sprintf("line %d: the name %q has letters that look like others; write names in ASCII (comments and strings may hold any letters)",
				file.Line(position), name)
		}
	}
}
