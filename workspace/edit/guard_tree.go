package edit

import (
	"maps"
	"slices"

	"github.com/ternlab/ternlab/workspace/bounds"
)

// GuardTree says all that the guard has against a whole set of mutable files, beside
// those that they began with, whoever wrote them: what [Guard] checks of a change, for
// each file that differs, and how far all together have grown. How much a single
// answer may add isn't asked: these may be many answers.
func GuardTree(base, files map[string]string) []*GuardError {
	after := maps.Clone(files)
	for name := range base {
		if _, left := files[name]; !left {
			after[name] = ""
		}
	}
	var found []*GuardError
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if text, known := base[name]; known && text == after[name] {
			continue
		}
		if refused := guardFile(base, name, after[name]); refused != nil {
			found = append(found, refused)
		}
	}
	if reason := bounds.Whole(base, base, after); reason != "" {
		found = append(found, &GuardError{Reason: reason})
	}
	return found
}
