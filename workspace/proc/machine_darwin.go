package proc

import "golang.org/x/sys/unix"

// MachineMemory is the machine's main memory in bytes; 0 if it isn't known.
func MachineMemory() uint64 {
	size, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return size
}
