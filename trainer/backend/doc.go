// Package backend opens the engine that runs the trainer's graphs: "go", which
// is pure Go and always there, or "xla", which needs cgo and a PJRT plugin.
//
// It hides two facts about the engines. The go backend runs with its option
// ops_sequential, because the parallel executor of compute v0.1.3 deadlocks
// within a few training steps. And the xla backend never downloads a plugin on
// its own: it uses what is installed or what PJRT_PLUGIN_LIBRARY_PATH names.
package backend
