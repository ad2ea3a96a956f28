package line_test

import (
	"testing"

	"github.com/ternlab/ternlab/agent/line"
)

func TestClean(t *testing.T) {
	tests := map[string]string{
		"":                              "",
		"cosine λ warmup":               "cosine λ warmup",
		"two\nlines\tand  blanks ":      "two lines and blanks",
		"\x1b[31mred\x1b[0m\x00\u200b!": "[31mred[0m!",
		"not \xff UTF-8":                "not \ufffd UTF-8",
	}
	for text, want := range tests {
		if got := line.Clean(text); got != want {
			t.Errorf("Clean(%q) is %q, want %q", text, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"λλλλλλ", 4, "λλλ…"},
		{"a word", 3, "a…"},
	}
	for _, test := range tests {
		if got := line.Cut(test.text, test.width); got != test.want {
			t.Errorf("Cut(%q, %d) is %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestCommit(t *testing.T) {
	if got := line.Commit("0123456789abcdef"); got != "0123456" {
		t.Errorf("Commit is %q", got)
	}
	if got := line.Commit("012"); got != "012" {
		t.Errorf("Commit of a short hash is %q", got)
	}
}
