// Package subject finds and reads the model that a command is about: the flags that
// name it, its preset, and what it is.
package subject
