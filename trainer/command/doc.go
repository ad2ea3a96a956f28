// Package command is the command line of the trainer and of the evaluator:
// flags, help texts and exit codes around the packages that do the work.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
package command
