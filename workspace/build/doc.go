// Package build is the go command: it finds one ([Detect]), and formats, checks, vets
// and compiles candidates with it ([CandidateToolchain]), in the sandbox, from
// compiled packages that no candidate can have written (package buildcache).
//
// What it isn't: it doesn't run what it built, and it doesn't say what a change may
// touch before it is built. That is the guard's, in package edit.
package build
