package edit

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// UnifiedDiff shows what after changes in before, as `git diff` would: files in
// order of their names, a/ and b/ before them, three lines of context. after
// may hold the changed files only: a file that it lacks counts as unchanged.
func UnifiedDiff(before, after map[string]string) string {
	var all strings.Builder
	for _, file := range slices.Sorted(maps.Keys(after)) {
		oldText, known := before[file]
		newText := after[file]
		if known && oldText == newText {
			continue
		}
		oldName, newName := "a/"+file, "b/"+file
		fmt.Fprintf(&all, "diff --git %s %s\n", oldName, newName)
		if !known {
			all.WriteString("new file mode 100644\n")
			oldName = noFile
		}
		body := diff.Diff(oldName, []byte(oldText), newName, []byte(newText))
		_, body, _ = bytes.Cut(body, []byte("\n")) // its own "diff a b" line
		all.Write(body)
	}
	return all.String()
}
