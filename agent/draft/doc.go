// Package draft makes a draft of an experiment: it asks a proposer for a change, puts it
// into the champion's files, refuses what is too large, reaches beyond what may change,
// was tried before or doesn't build, and tells the proposer so.
//
// Each answer is journaled before anybody looks at it: whoever takes an interrupted
// experiment up asks, and pays, nobody again. What to try is the proposer's to say, what
// becomes of the draft package loop's.
package draft
