package workspace

import "errors"

// Adoption is what [Repository.Adopt] did.
type Adoption struct {
	Commit string   // The new commit on the user's branch, or its old one where nothing was to change.
	Branch string   // The user's branch, without refs/heads/.
	Files  []string // The files that changed, sorted; empty where nothing was to change.
}

// AdoptError says why a champion could not be brought onto the user's branch,
// and what to do.
type AdoptError struct {
	Reason string   // What stands in the way.
	Files  []string // The files concerned, if any.
	Hint   string   // What the user can do.
}

// Error joins the reason, the files and the hint.
func (e *AdoptError) Error() string { return e.Reason }

// Adopt commits a champion's mutable files onto the user's current branch; base is the commit that the run began at.
func (r *Repository) Adopt(base, champion, message string) (Adoption, error) {
	return Adoption{}, errors.ErrUnsupported
}
