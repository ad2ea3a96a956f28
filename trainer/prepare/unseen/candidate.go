package unseen

import "errors"

// ErrCandidate says that this program was built from an experiment's change and
// holds no evaluation text.
var ErrCandidate = errors.New("a candidate's trainer has no evaluation text; run it with --snapshots")
