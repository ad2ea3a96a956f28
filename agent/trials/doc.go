// Package trials tries a run's recipes in its lab: what each trial is to be, with its
// share of what the run holds equal and the limits that the baseline's own trial sets;
// further seeds of recipes that were kept; the records of what they came to.
//
// Who is tried on which seed, and what the figures mean, is for the packages loop and
// check to say.
package trials

import "github.com/ternlab/ternlab/agent/bench"

// Trials are those of a run.
type Trials struct{ bench *bench.Bench }

// Of returns the trials of a run.
func Of(b *bench.Bench) Trials { return Trials{b} }
