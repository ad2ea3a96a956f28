// Package describe is the command that says what a preset is, as package contract has
// it, for a program that knows none.
package describe
