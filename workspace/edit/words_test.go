package edit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sergi/go-diff/diffmatchpatch"
)

func TestWords(t *testing.T) {
	for name, test := range map[string]struct{ before, after, want string }{
		"the same":         {"a b", "a b", "a b"},
		"a number":         {"\tLearningRate: 2e-4,", "\tLearningRate: 2e-5,", "\tLearningRate: [2e-4|2e-5],"},
		"a name, whole":    {"schedule(warmupSteps)", "schedule(warmSteps)", "schedule([warmupSteps|warmSteps])"},
		"an insertion":     {"a + b", "a + 2*b", "a + [|2*]b"},
		"a deletion":       {"a + 2*b", "a + b", "a + [2*|]b"},
		"lines":            {"one\ntwo\n", "one\nthree\n", "one\n[two|three]\n"},
		"hardly anything":  {"return math.Cos(x), nil", "switch {", "[return math.Cos(x), nil|switch {]"},
		"nothing before":   {"", "x := 1", "[|x := 1]"},
		"nothing after":    {"x := 1", "", "[x := 1|]"},
		"nothing at all":   {"", "", ""},
		"not ASCII":        {"λ := 0.5 // naïve", "λ := 0.25 // naïve", "λ := [0.5|0.25] // naïve"},
		"words come again": {"a, a, a", "a, b, a", "a, [a|b], a"},
		"too much":         {manyWords(0, 9_000), manyWords(1, 9_000), "[" + manyWords(0, 9_000) + "|" + manyWords(1, 9_000) + "]"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := inBrackets(Words(test.before, test.after)); got != test.want {
				t.Errorf("got %.200q, want %.200q", got, test.want)
			}
		})
	}
}

func manyWords(first, last int) string {
	var text strings.Builder
	for i := first; i < last; i++ {
		fmt.Fprintf(&text, "w%d ", i)
	}
	return text.String()
}

// inBrackets shows each change as [deleted|inserted].
func inBrackets(parts []diffmatchpatch.Diff) string {
	var text, deleted, inserted strings.Builder
	flush := func() {
		if deleted.Len()+inserted.Len() > 0 {
			text.WriteString("[" + deleted.String() + "|" + inserted.String() + "]")
		}
		deleted.Reset()
		inserted.Reset()
	}
	for _, part := range parts {
		switch part.Type {
		case diffmatchpatch.DiffDelete:
			deleted.WriteString(part.Text)
		case diffmatchpatch.DiffInsert:
			inserted.WriteString(part.Text)
		default:
			flush()
			text.WriteString(part.Text)
		}
	}
	flush()
	return text.String()
}

// FuzzWords: whatever the texts are, nothing of them is lost.
func FuzzWords(f *testing.F) {
	f.Add("a\xffb \x00", "a\u202e b")
	f.Add("\n\n", "\r\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		library := diffmatchpatch.New()
		parts := Words(before, after)
		if got := library.DiffText1(parts); got != before {
			t.Errorf("before is %q, want %q", got, before)
		}
		if got := library.DiffText2(parts); got != after {
			t.Errorf("after is %q, want %q", got, after)
		}
	})
}

func TestMarkedLines(t *testing.T) {
	for name, test := range map[string]struct{ wanted, held, want string }{
		"blanks don't count": {"a  b\n\tc", "  a b\nc", ""},
		"a comment behind":   {"Rate: 2e-4,", "\tRate:   2e-5, // [1e-5, 1e-3] log.", "Rate: [-2e-4-]{+2e-5+},"},
		"a comment between": {
			"case 1:\n\treturn a", "case 1: // one, and a\n\treturn a", "case 1:{+ // one, and a+}",
		},
		"only lines that differ": {
			"if x < 1 {\n\treturn 1.0 - x\n}", "if x < 1 {\n\treturn 1 - x\n}", "return [-1.0-]{+1+} - x",
		},
		"a line too many": {"a := f(x)\nb := 2\nc := g(a)", "a := f(x)\nc := g(a)", "[-b := 2-]"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := markedLines(test.wanted, test.held); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
