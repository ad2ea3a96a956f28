package visible_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ternlab/ternlab/workspace/visible"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"plain\ttext\nλ → 1, ≤ 2 % «é»": "plain\ttext\nλ → 1, ≤ 2 % «é»",
		"日本語 עברית العربية हिन्दी ไทยน้ำ": "日本語 עברית العربية हिन्दी ไทยน้ำ",
		"e\u0301 a\u0302\u0323":           "e\u0301 a\u0302\u0323", // decomposed, as Vietnamese is
		"\x1b[31mred\x1b[0m":              `\u{1b}[31mred\u{1b}[0m`,
		"\x1b]0;title\x07\x1b]8;;u\x1b\\": `\u{1b}]0;title\u{7}\u{1b}]8;;u\u{1b}\`,
		"a\x00b\x7fc\rd\x08e\x0bf\x0cg":   `a\u{0}b\u{7f}c\u{d}d\u{8}e\u{b}f\u{c}g`,
		"\u0085 \u009b2J \u0090q \u009d":  `\u{85} \u{9b}2J \u{90}q \u{9d}`,
		"\x9b2J \xff \xc2":                `\x9b2J \xff \xc2`, // C1 as a single byte
		"\xed\xa0\x80":                    `\xed\xa0\x80`,     // a lone surrogate
		"\xc1\x9b \xe0\x82\x9b":           `\xc1\x9b \xe0\x82\x9b`,
		"\ufffd":                          "\ufffd",
		"gnp\u202eexe \u2066x\u2069":      `gnp\u{202e}exe \u{2066}x\u{2069}`,
		"\u200e\u200f\u061c":              `\u{200e}\u{200f}\u{61c}`,
		"\u00ad\u180e\u200b\u200d\ufeff":  `\u{ad}\u{180e}\u{200b}\u{200d}\u{feff}`,
		"\u034f\u115f\u1160\u17b4\u17b5":  `\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}`,
		"\u3164\uffa0\u2065\ufff0":        `\u{3164}\u{ffa0}\u{2065}\u{fff0}`,
		"\u2028\u2029":                    `\u{2028}\u{2029}`,
		"\u2060\u2061\u2064\u206a":        `\u{2060}\u{2061}\u{2064}\u{206a}`,
		"a\ufe0f\ufe00\U000e0100\u180b":   `a\u{fe0f}\u{fe00}\u{e0100}\u{180b}`,
		"\U000e0001\U000e0041\U000e007f":  `\u{e0001}\u{e0041}\u{e007f}`,
		"\ue000 \U000f0000 \U0010fffd":    `\u{e000} \u{f0000} \u{10fffd}`,
		"\u0378 \ufdd0 \U0001fffe":        `\u{378} \u{fdd0} \u{1fffe}`,
		"\ufff9a\ufffbb\U0001d173":        `\u{fff9}a\u{fffb}b\u{1d173}`,
		"\u2800 \U0001d159":               `\u{2800} \u{1d159}`,
		"a\u00a0b\u2003c\u3000d\u202fe":   `a\u{a0}b\u{2003}c\u{3000}d\u{202f}e`,
		"\u0338= \u0301":                  `\u{338}= \u{301}`, // a mark must not fall on what stands before
		"a" + strings.Repeat("\u0300", 6): "a" + strings.Repeat("\u0300", 4) + `\u{300}\u{300}`,
	} {
		got := visible.Text(text)
		if got != want {
			t.Errorf("Text(%+q) is %+q, want %+q", text, got, want)
		}
		if again := visible.Text(got); again != got {
			t.Errorf("Text(%+q) is %+q, want it as it is", got, again)
		}
	}
}

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"two\nlines\tand  blanks ":                   "two lines and blanks",
		"a\r\nb\u2028c\u2029d\u0085e\u00a0f\x0bg\fh": "a b c d e f g h",
		"\x1b[2J \u202e":                             `\u{1b}[2J \u{202e}`,
	} {
		if got := visible.Line(text); got != want {
			t.Errorf("Line(%+q) is %+q, want %+q", text, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"λλλλλλ", 4, "λλλ…"},
		{"a word", 3, "a…"},
	} {
		if got := visible.Cut(test.text, test.width); got != test.want {
			t.Errorf("Cut(%q, %d) is %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestJSONStaysTheSameValue(t *testing.T) {
	const text = "\u009b2J \x7f \u202e \U000e0041 \ufe0f \u2028 \x1b] \" \\ \n λ\u0338\u0338\u0338\u0338\u0338"
	encoded, err := json.MarshalIndent(map[string]string{"a": text}, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	shown := visible.JSON(encoded)
	if again := visible.Text(string(shown)); again != string(shown) {
		t.Errorf("%s holds what a terminal obeys", shown)
	}
	var read map[string]string
	if err := json.Unmarshal(shown, &read); err != nil || read["a"] != text {
		t.Errorf("it reads back as %+q, %v", read["a"], err)
	}
}

// FuzzText asserts that nothing hides in any text once it was made visible.
func FuzzText(f *testing.F) {
	f.Add("\x1b[31m\u202e\x9b\n\t\u0301")
	f.Fuzz(func(t *testing.T, text string) {
		shown := visible.Text(text)
		if !utf8.ValidString(shown) || strings.ContainsFunc(shown, visible.Hides) {
			t.Errorf("Text(%+q) is %+q", text, shown)
		}
		if visible.Text(shown) != shown {
			t.Errorf("Text(%+q) isn't stable", shown)
		}
		if line := visible.Line(text); strings.ContainsAny(line, "\n\t") {
			t.Errorf("Line(%+q) is %+q", text, line)
		}
	})
}
