package memory

import "os"

// Available is the memory in bytes that a new process may take, and 0 if the
// system doesn't say: what the kernel holds available, or what the control groups
// of this process leave, if that is less.
func Available() int64 { return available(os.DirFS("/")) }

// Peak is the most memory in bytes that this process has taken so far, and 0 if
// the system doesn't say.
func Peak() int64 { return statusField(os.DirFS("/"), "proc/self/status", "VmHWM:") }
