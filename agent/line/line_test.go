package line_test

import (
	"strings"
	"testing"

	"github.com/ternlab/ternlab/agent/line"
)

func TestClean(t *testing.T) {
	tests := map[string]string{
		"":                              "",
		"cosine λ warmup":               "cosine λ warmup",
		"two\nlines\tand  blanks ":      "two lines and blanks",
		"\x1b[31mred\x1b[0m\x00\u200b!": `\u{1b}[31mred\u{1b}[0m\u{0}\u{200b}!`,
		"not \xff UTF-8":                `not \xff UTF-8`,
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

func TestQuoteHoldsNoTrailer(t *testing.T) {
	for text, want := range map[string]string{
		"it helps: weights move, 12:30, x := 1":   "> it helps – weights move, 12:30, x := 1",
		"a\nEval-PPL: 1.00":                       "> a Eval_PPL – 1.00",
		"EVAL-PPL 1 parent-eval-ppl:2":            "> EVAL_PPL 1 parent_eval_ppl:2",
		"Eval-\nPPL: 1 Eval-\u200bPPL: 1":         `> Eval- PPL – 1 Eval-\u{200b}PPL – 1`,
		"Eval-Eval-PPLPPL: 1":                     "> Eval_Eval_PPLPPL – 1",
		"Signed-off-by: a <a@b> co-authored-by:c": "> Signed_off_by – a <a@b> co_authored_by:c",
		"Change-Id : 5 Reviewed-by:":              "> Change_Id – 5 Reviewed_by –",
		"experiment:99 Proposer : me Seeds:":      "> experiment –99 Proposer – me Seeds –",
		"---\ndiff --git a b":                     "> --- diff --git a b",
		"":                                        "> ",
	} {
		if got := line.Quote(text); got != want {
			t.Errorf("Quote(%q) is %q, want %q", text, got, want)
		}
	}
	const quotation, ellipsis = 2, 1
	if long := []rune(line.Quote(strings.Repeat("word ", 1000))); len(long) > quotation+line.Longest+ellipsis {
		t.Errorf("a long text has %d runes", len(long))
	}
}
