// Package failpoint names the moments at which a test may have the agent killed,
// as if the machine had failed there. A build without the tag failpoint does
// nothing at them.
package failpoint

import (
	"github.com/ternlab/ternlab/results/journal"
)

// Variable is the environment variable that names the point to die at.
const Variable = "TERNLAB_FAILPOINT"

// Point is a moment between two things that must both happen.
type Point string

// The points that are not just behind a record of the journal.
const (
	Handling Point = "handling" // An answer is about to be applied, formatted and guarded.
	Objects  Point = "objects"  // The commit is written, no ref points at it.
	RefSet   Point = "ref-set"  // The ref points at the commit, which isn't journaled.
	Tables   Point = "tables"   // The tables are up to date, too.
	Seed     Point = "seed"     // The seed of the final check's text is written, and not journaled.
	Text     Point = "text"     // The final check's text is made, nothing is measured on it.
)

// Behind is the moment just after a record of that kind was journaled.
func Behind(kind journal.Kind) Point { return Point("journaled-" + kind) }

// OfFinalCheck lists the points that the final check of a run passes, and those at
// which its text is fixed, in their order.
func OfFinalCheck() []Point {
	return []Point{Seed, Behind(journal.KindUnseen), Text, Behind(journal.KindEvaluated), Behind(journal.KindRevealed)}
}

// Points lists the points that every experiment passes, in their order.
func Points() []Point {
	return []Point{
		Behind(journal.KindIntent), Behind(journal.KindAnswer), Handling, Behind(journal.KindProposal), Behind(journal.KindBuilt),
		Behind(journal.KindTrained), Behind(journal.KindEvaluated), Behind(journal.KindVerdict),
		Objects, RefSet, Behind(journal.KindCommitted), Tables,
	}
}
