package stories

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

// inert asserts that files hold nothing that a terminal obeys and nothing that
// hides: inert FILE…, where stdout and stderr are the last command's.
func inert(ts *testscript.TestScript, neg bool, files []string) {
	for _, file := range files {
		text := ts.ReadFile(file)
		if at := firstHarm(text); (at >= 0) != neg {
			if at < 0 {
				ts.Fatalf("%s holds nothing that hides or steers a terminal", file)
			}
			ts.Fatalf("%s steers a terminal or hides: %+q", file, text[max(0, at-40):min(len(text), at+40)])
		}
	}
}

// firstHarm is where a text first does other than it shows, or -1.
func firstHarm(text string) int {
	const others = "\u034f\u115f\u1160\u2028\u2029\u3164\uffa0\ufe0f\ufe00\U000e0100"
	for at, r := range text {
		_, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case r == '\n', r == '\t':
		case r == utf8.RuneError && size == 1, unicode.In(r, unicode.C), strings.ContainsRune(others, r):
			return at
		}
	}
	return -1
}
