// Package cli is the command line of agent: one file per command, each with an
// options struct, a constructor and a run function.
//
// Commands return errors; exitCode alone turns them into exit codes: 0 done,
// 1 failed, 2 wrong usage, 130 interrupted. Facts go to stdout, errors to
// stderr. What a run does is package loop's business.
package cli
