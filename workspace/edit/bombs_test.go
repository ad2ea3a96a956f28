package edit

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// patience is what the agent may take for anything that an answer holds, on a machine
// that has other things to do.
const patience = 5 * time.Second

// bombs are answers that would take time or memory without end, were they not bounded.
func bombs() map[string]string {
	object := func(source string) string {
		return fmt.Sprintf(`{"hypothesis": "h", "edits": [{"file": "trainer/deep.go", "search": "", "replace": %q}]}`, "package main\n\n"+source)
	}
	blocks := func(each string, times int) string {
		return strings.Repeat("trainer/recipe.go\n<<<<<<< SEARCH\n"+each+"\n=======\nx\n>>>>>>> REPLACE\n", times)
	}
	return map[string]string{
		"objects in objects":    strings.Repeat(`{"a":`, 200_000) + `"edits"`,
		"many objects":          strings.Repeat(`{"a": "`+strings.Repeat("b", 9000)+`"} `, 100) + `{"edits": 1}`,
		"many broken objects":   strings.Repeat(`{"edits": [}`, 80_000),
		"commas":                `{"edits": [` + strings.Repeat(", ", 200_000) + `]}`,
		"many edits":            blocks("package main", 16_000),
		"unclosed blocks":       strings.Repeat("<<<<<<< SEARCH\n=======\n", 20_000),
		"many hunks":            "--- a/trainer/recipe.go\n+++ b/trainer/recipe.go\n" + strings.Repeat("@@ -1 +1 @@\n-a\n+b\n", 25_000),
		"hunks without numbers": strings.Repeat("@@\n", 150_000),
		"fences":                strings.Repeat("```\n", 120_000),
		"file names":            strings.Repeat("trainer/recipe.go ", 28_000),
		"blanks":                strings.Repeat(" \n", 250_000),
		"one long line":         strings.Repeat("x", 500_000),
		"blocks of source":      object("func f() " + strings.Repeat("{", 40_000) + strings.Repeat("}", 40_000)),
		"a sum":                 object("var x = " + strings.Repeat("1+", 60_000) + "1"),
		"a sum in lines":        object("var x = " + strings.Repeat("1 +\n", 15_000) + "1"),
		"signs":                 object("var x = " + strings.Repeat("-", 60_000) + "1"),
		"a long name":           object("var " + strings.Repeat("x", 60_000) + " int"),
		"small functions":       object(strings.Repeat("func _() {}\n", 30_000)),
		"a search in itself":    "trainer/recipe.go\n<<<<<<< SEARCH\n" + strings.Repeat("a", 30_000) + "\n=======\nx\n>>>>>>> REPLACE\n",
	}
}

// TestBombs hands over what the agent does itself with an answer: parsing, applying,
// measuring. Whatever comes of it comes soon.
func TestBombs(t *testing.T) {
	before := map[string]string{
		"trainer/recipe.go": "package main\n\n//" + strings.Repeat("a", 60_000) + "\n" + strings.Repeat("// package main\n", 200),
	}
	for name, reply := range bombs() {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			stage := handle(before, reply)
			if took := time.Since(began); took > patience {
				t.Errorf("%s after %v", stage, took)
			}
			if stage == "through" {
				t.Error("it gets through")
			}
		})
	}
}

// handle does with a reply what the agent does before a process of its own looks at
// it, and says where it ends.
func handle(before map[string]string, reply string) string {
	change, err := ParseReply(reply)
	if err != nil {
		return "not read"
	}
	if GuardEdits(before, change.Edits) != nil {
		return "edits refused"
	}
	after, err := Apply(before, change.Edits)
	if err != nil {
		return "not applied"
	}
	if GuardSize(before, before, after) != nil {
		return "size refused"
	}
	_, _ = UnifiedDiff(before, after), Fingerprint(after)
	return "through"
}

// FuzzHandle looks for a reply that ends the agent.
func FuzzHandle(f *testing.F) {
	for _, reply := range bombs() {
		f.Add(reply[:min(len(reply), 300)])
	}
	before := map[string]string{"trainer/recipe.go": "package main\n\nconst groupSize = 64\n"}
	f.Fuzz(func(t *testing.T, reply string) {
		if stage := handle(before, reply); stage == "through" {
			change, err := ParseReply(reply)
			if err != nil || len(change.Edits) == 0 {
				t.Errorf("through without an edit: %v", err)
			}
		}
	})
}
