// Package workspace is where candidates come into being. It has no code of its own;
// its crafts are packages that know little of each other:
//
//   - edit: text in, text out. It parses a proposer's reply, applies and guards edits.
//   - repo: the user's git repository, as a store of commits and refs.
//   - build: the go command, and builds of candidates.
//   - proc: runs a program, bounds it and ends what it started.
//   - sandbox: what a program reaches.
//
// Build stands on edit, proc and sandbox, proc on sandbox, the others on none of
// these. What they share lies beside them: which files are mutable (mutable), what a
// folder holds on disk (diskuse).
//
// Two packages here serve the whole project, and import nothing of it: visible makes
// the text of others fit to be read, diskspace tells what a disk can still take.
//
// What these packages are not: they decide nothing. Which change to try, whether a
// result is better and what is written to the journal is the agent's business.
package workspace
