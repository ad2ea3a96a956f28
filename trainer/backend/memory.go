package backend

import "runtime/debug"

// FreeMemory gives back to the system what Go and the plugin hold for later use.
// Between a training and an evaluation that is a gigabyte for a model of 135
// million parameters, in pieces that the other can't use.
func FreeMemory() {
	debug.FreeOSMemory()
	trimMalloc()
}
