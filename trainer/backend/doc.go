// Package backend finds and opens the engine that runs the trainer's graphs:
// "go", which is pure Go and always there, or "xla", "cuda" and "metal", which
// need cgo and a PJRT plugin, a shared library.
//
// It hides what is odd about the engines. The go backend runs with its option
// ops_sequential, because the parallel executor of compute v0.1.3 deadlocks
// within a few training steps. The others are opened with a plugin that this
// package found and loaded, never by go-xla's own search: that takes the process
// down with the first file that can't be loaded. And nothing is downloaded
// unless [Install] is called.
//
// An engine stays open until its process ends. Finalizing one of XLA's at the end
// can crash the process after all its work is done: go-xla 0.4.1 may be freeing a
// buffer of it on another thread (seen once in some 60 trainings on CUDA).
//
// It doesn't know what the graphs compute; package selftest does, for the proof
// that a plugin computes what the go backend does.
package backend
