// Package record is the record of a run while one agent writes it: its journal, which
// that agent alone holds by a lock, and whoever is to be told of what is journaled.
//
// What is appended lasts before [Record.Append] returns. Secrets are masked in what
// others have written, on the way in. Then the observers are told, in their order:
// [Tables], which keeps the run's tables up to date, is the first. An observer's error
// is Append's: one that must never stand in a run's way returns none.
//
// The package knows what may be written by whom, not what it means: that is package
// loop's. To read a run that somebody else writes, see [runs.Folder.Load].
package record
