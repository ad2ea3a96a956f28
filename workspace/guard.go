package workspace

// GuardError says why a change may not be tried. Its text is meant for the
// proposer: it says what to do instead.
type GuardError struct {
	File   string
	Reason string
}

func (e *GuardError) Error() string { return "guard " + e.File + ": " + e.Reason }

// Guard decides whether a candidate may be built and run, from its source
// alone: which files it touches and what these import. before holds the mutable
// files of the parent, after the changed files as [Apply] returns them. The
// error is a [*GuardError].
func Guard(before, after map[string]string) error {
	return nil
}
