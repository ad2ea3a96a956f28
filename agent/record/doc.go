// Package record is the record of a run while one agent writes it: its journal, which
// that agent alone holds by a lock, and whoever is to be told of what is journaled.
//
// What is appended lasts before [Record.Append] returns. Secrets are masked in what
// others have written, on the way in. Then an observer is told. [Tables] is one, which
// keeps the run's tables up to date.
//
// The package knows what may be written by whom, not what it means: that is package
// loop's. To read a run that somebody else writes, see [runs.Folder.Load].
package record
