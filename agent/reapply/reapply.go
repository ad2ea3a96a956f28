// Package reapply puts a journaled change, a diff, on files that others have changed
// since, or takes it back from them. Where its neighbouring lines have changed, its own
// lines alone must fit; else it isn't applied.
package reapply

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/workspace/edit"
)

// OnTop is the change of a diff as edits of files that others have changed
// meanwhile.
func OnTop(files map[string]string, diff string) ([]edit.Edit, error) {
	change, err := edit.ParseReply(diff)
	if err != nil {
		return nil, err
	}
	if _, err := edit.Apply(files, change.Edits); err == nil {
		return change.Edits, nil
	}
	bare := withoutContext(change.Edits) // neighbouring lines may have changed
	_, err = edit.Apply(files, bare)
	return bare, err
}

// TakenBack are the files that change when a diff is taken back.
func TakenBack(files map[string]string, diff string) (map[string]string, error) {
	change, err := edit.ParseReply(diff)
	if err != nil {
		return nil, err
	}
	back := reversed(change.Edits)
	changed, err := edit.Apply(files, back)
	if err != nil { // neighbouring lines may have changed since
		changed, err = edit.Apply(files, withoutContext(back))
	}
	if err != nil {
		return nil, fmt.Errorf("later changes stand on it, so it can't be taken out alone")
	}
	return changed, nil
}

// reversed are the edits that take edits back.
func reversed(edits []edit.Edit) []edit.Edit {
	back := slices.Clone(edits)
	slices.Reverse(back)
	for i := range back {
		back[i].Search, back[i].Replace = back[i].Replace, back[i].Search
	}
	return back
}

// withoutContext are edits without the unchanged lines around them, as far as
// something to search for is left.
func withoutContext(edits []edit.Edit) []edit.Edit {
	bare := slices.Clone(edits)
	for i := range bare {
		search, replace := strings.SplitAfter(bare[i].Search, "\n"), strings.SplitAfter(bare[i].Replace, "\n")
		for len(search) > 1 && len(replace) > 0 && search[0] == replace[0] {
			search, replace = search[1:], replace[1:]
			bare[i].Line++
		}
		for len(search) > 1 && len(replace) > 0 && search[len(search)-1] == replace[len(replace)-1] {
			search, replace = search[:len(search)-1], replace[:len(replace)-1]
		}
		bare[i].Search, bare[i].Replace = strings.Join(search, ""), strings.Join(replace, "")
	}
	return bare
}
