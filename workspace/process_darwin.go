package workspace

import "syscall"

const maxrssUnit = 1 // getrusage(2): macOS counts bytes.

// processAttributes puts a child into a process group of its own.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// family is a process with its descendants, as far as they stay in its process
// group: macOS offers no way to find the others.
type family struct{ mark string }

func newFamily() family { return family{mark: "TERNLAB_PROCESS=1"} }

func (family) kill(leader int) error {
	killGroup(leader)
	return nil
}

// residentMemory is not known: macOS offers no way to ask without C.
func residentMemory(int) uint64 { return 0 }
