package bounds

import (
	"strings"
	"testing"
)

// source is a file of that many small functions.
func source(functions int) string {
	return "package main\n" + strings.Repeat("\nfunc _() int { return len(\"ab\") + 12 }\n", functions)
}

func TestOf(t *testing.T) {
	got := Of("package main\n\nconst c = 'x' // not 17\n\nvar s = \"two\" + `three` + 1.5e3i\n")
	want := Measure{Bytes: 70, Lines: 5, Tokens: 17, NumberBytes: 3 + 6, StringBytes: 5 + 7}
	got.Bytes = want.Bytes
	if got != want {
		t.Errorf("measured %+v, want %+v", got, want)
	}
}

func TestAnswerCountsNet(t *testing.T) {
	before := map[string]string{"trainer/a.go": source(300), "trainer/b.go": source(1)}
	moved := map[string]string{"trainer/a.go": source(1), "trainer/new.go": source(299)}
	if reason := Answer(before, moved); reason != "" {
		t.Errorf("code that moves is refused: %s", reason)
	}
	if reason := Answer(before, map[string]string{"trainer/b.go": source(250)}); !strings.Contains(reason, "lines net") {
		t.Errorf("250 functions more: %q", reason)
	}
	unchanged := map[string]string{}
	for _, name := range "abcdefgh" {
		unchanged[string(name)] = "x"
	}
	if reason := Answer(unchanged, unchanged); reason != "" {
		t.Errorf("files that stay as they are count: %s", reason)
	}
}

func TestWholeIsBoundedByTheBase(t *testing.T) {
	base := map[string]string{"trainer/a.go": source(100)} // 200 literals of 600 bytes
	grown := map[string]string{"trainer/a.go": source(700)}
	if reason := Whole(base, base, map[string]string{"trainer/b.go": source(200)}); reason != "" {
		t.Errorf("200 functions more: %s", reason)
	}
	if reason := Whole(base, grown, map[string]string{"trainer/b.go": source(300)}); !strings.Contains(reason, "more than the") {
		t.Errorf("a thousand functions in all: %q", reason)
	}
	if reason := Whole(base, map[string]string{"trainer/a.go": source(3000)}, map[string]string{"trainer/a.go": source(2900)}); reason != "" {
		t.Errorf("a change that makes the trainer smaller is refused: %s", reason)
	}
}

// FuzzFile looks for a text that ends the scanner, or whose lines it miscounts.
func FuzzFile(f *testing.F) {
	for _, text := range []string{source(2), "}}}", "((", "`", "/*", "\x00", "'\\"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if measured := Of(text); measured.Bytes != len(text) || measured.Lines != strings.Count(text, "\n") {
			t.Errorf("measured %+v", measured)
		}
		_ = File(text)
	})
}
