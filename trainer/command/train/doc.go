// Package train is the command that trains: the flags of a training, the checks
// before its first step, and what it says at start and end. The steps are package
// harness's.
package train
