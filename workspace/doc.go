// Package workspace is where candidates come into being: it applies a
// proposer's edits, guards them, records them in git, builds them, and runs
// what was built as a process.
//
// The user's repository is read, and added to, never changed: a [Repository]
// writes objects and the refs below refs/heads/autoresearch and
// refs/experiments. The user's index, HEAD, branches and files are touched by
// [Repository.Adopt] alone, which is what `agent adopt` is for. A run works on
// a plain copy of a commit's files that [Repository.Checkout] makes.
//
// What this package is not: it decides nothing. Which change to try, whether a
// result is better and what is written to the journal are the business of
// packages proposer, results and loop. What it starts, it starts as package
// sandbox allows: [Run] itself bounds a process's time, output, memory, disk and
// descendants, and keeps secrets out of its environment; the files that it opens
// and the network are the sandbox's.
package workspace
