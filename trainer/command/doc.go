// Package command puts the trainer's command line together. Each command, or a few
// that belong together, has a package below; package program runs them. The
// evaluator picks its commands itself, so that it links only what it uses.
//
// A candidate, which the agent builds with the tag "candidate", has no commands but
// those that train and say what works here: it must not hold evaluation texts or what
// makes them, and has no use for what fetches, draws or judges.
package command
