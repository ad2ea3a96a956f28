package memory

import (
	"os"
	"slices"
)

// Available is the memory in bytes that a new process may take, and 0 if the
// system doesn't say: what the kernel holds available, or what the control groups
// of this process leave, if that is less.
func Available() int64 { return available(os.DirFS("/")) }

// Peak is the most memory in bytes that this process has taken so far, and 0 if
// the system doesn't say.
func Peak() int64 { return statusField(os.DirFS("/"), statusFile, "VmHWM:") }

// Files are the files that Available and Peak read, for whoever starts a program that
// may read little else.
func Files() []string {
	var paths []string
	for _, name := range files(os.DirFS("/")) {
		paths = append(paths, "/"+name)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
