// Package branch keeps a run's experiments in git, beside the user's own branches: what
// was kept is a commit on the run's branch, all else has a ref of its own. A champion
// that is withdrawn stays in the history; a commit on top restores the one before it.
//
// A commit is made of what the journal has, so that it is the same, down to its hash,
// when it is made again after an interruption.
package branch
