package workspace

// UnifiedDiff shows what after changes in before, as `git diff` would: files in
// order of their names, a/ and b/ before them, three lines of context. after
// may hold the changed files only: a file that it lacks counts as unchanged.
func UnifiedDiff(before, after map[string]string) string {
	return ""
}
