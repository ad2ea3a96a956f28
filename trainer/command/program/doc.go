// Package program runs a command line of the trainer or of the evaluator as a
// program: signals, the version, what is said of an error, exit codes. Flags and help
// texts are the commands' own.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the training diverged, 130 interrupted
// (package contract).
package program
