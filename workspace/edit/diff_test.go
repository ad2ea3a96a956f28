package edit

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestUnifiedDiff(t *testing.T) {
	before := map[string]string{
		"trainer/recipe.go": "package main\n\nconst (\n\ta = 1\n\tb = 2\n\tc = 3\n\td = 4\n\te = 5\n)\n",
		"trainer/same.go":   "package main\n",
		"trainer/absent.go": "package main\n",
	}
	after := map[string]string{
		"trainer/recipe.go": "package main\n\nconst (\n\ta = 1\n\tb = 2\n\tc = 3\n\td = 40\n\te = 5\n)\n",
		"trainer/same.go":   "package main\n",
		"trainer/new.go":    "package main\n\nvar x int",
	}
	want := strings.Join([]string{
		"diff --git a/trainer/new.go b/trainer/new.go",
		"new file mode 100644",
		"--- /dev/null",
		"+++ b/trainer/new.go",
		"@@ -0,0 +1,3 @@",
		"+package main",
		"+",
		"+var x int",
		`\ No newline at end of file`,
		"diff --git a/trainer/recipe.go b/trainer/recipe.go",
		"--- a/trainer/recipe.go",
		"+++ b/trainer/recipe.go",
		"@@ -4,6 +4,6 @@",
		" \ta = 1",
		" \tb = 2",
		" \tc = 3",
		"-\td = 4",
		"+\td = 40",
		" \te = 5",
		" )",
		"",
	}, "\n")
	if diff := cmp.Diff(want, UnifiedDiff(before, after)); diff != "" {
		t.Errorf("diff (-want +got):\n%s", diff)
	}
	if got := UnifiedDiff(before, before); got != "" {
		t.Errorf("diff of equal files is %q, want none", got)
	}
}

// FuzzDiffRoundTrip checks that a diff, read as a reply, makes the same change.
func FuzzDiffRoundTrip(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nB\nc\n", "", "new")
	f.Add("a\na\na\na\na\na\na\na\na\n", "a\na\na\nb\na\na\na\na\na\na\n", "x\n", "x")
	f.Add("-- a\n++ b\n", "++ b\n@@ c\n```\n", "\\ No newline at end of file", "\n\n")
	f.Add("</think>\n", "x\n</think>\n", "", "<think>")
	f.Add("", "{\"edits\": 1}\n", "<<<<<<< SEARCH\n", "=======\n>>>>>>> REPLACE\n")
	f.Fuzz(func(t *testing.T, beforeA, afterA, beforeB, afterB string) {
		before := map[string]string{"trainer/a.go": beforeA, "trainer/b.go": beforeB}
		after := map[string]string{"trainer/a.go": afterA, "trainer/b.go": afterB, "trainer/new.go": afterB}
		if beforeB == "" {
			delete(before, "trainer/b.go") // one more new file
		}
		maps.DeleteFunc(after, func(file, text string) bool {
			_, known := before[file]
			return before[file] == text || !known && text == ""
		})
		diff := UnifiedDiff(before, after)
		// What a reply may not hold, or not as text of a file.
		if diff == "" || !utf8.ValidString(diff) || strings.ContainsAny(diff, "\r") || len(diff) > maxReplyBytes {
			return
		}
		change, err := ParseReply(diff)
		if err != nil {
			t.Fatalf("%v in\n%s", err, diff)
		}
		got, err := Apply(before, change.Edits)
		if err != nil {
			t.Fatalf("%v in\n%s", err, diff)
		}
		if difference := cmp.Diff(after, got); difference != "" {
			t.Fatalf("changed files (-want +got):\n%s\nby\n%s", difference, diff)
		}
	})
}
