// Package enclose puts a training that a person starts into the sandbox, before
// anything of the mutable package runs.
//
// Importing it is enough, and main.go, which is fixed, does: Go initializes what a
// package imports before the package's own variables, so this package's init comes
// before any initializer in the mutable files, whatever they hold. There it runs the
// trainer's whole command line, and the process ends with it. A training it starts
// once more, in the sandbox, and shows the events of that; all other commands need
// nothing of the mutable package, which then is never initialized. Only the process
// in the sandbox, one that the agent started (in its own sandbox), and one that was
// started with --sandbox off go on to main.
//
// What it isn't: it is no guard. Code that the compiler or the loader runs earlier
// than Go's initialization, as C code that a file brings in by cgo, is not kept in.
// The guard refuses such files.
package enclose
